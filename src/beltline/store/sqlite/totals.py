"""How long lists are."""

from __future__ import annotations

from beltline.store.sqlite.transaction import Gate
from beltline.store.totals import MOST_COUNTED, Counted


class SqliteTotals:
    """The verb of totals."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def count(self, namespace: str, what: Counted, of: str = "") -> int:
        name = f"total_{what.value}"
        given = {"namespace": namespace, "of": of, "most": MOST_COUNTED}
        found: int = await self._gate.read(lambda transaction: transaction.value(name, given))
        return found
