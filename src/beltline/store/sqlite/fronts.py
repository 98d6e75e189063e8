"""The fronts of the queues, by what their jobs ask."""

from __future__ import annotations

from beltline.core.offers import Front
from beltline.store.fronts import MOST_LANES, FindFronts, Lane
from beltline.store.sqlite.packing import packed
from beltline.store.sqlite.transaction import Gate, Transaction


class SqliteFronts:
    """The verbs of fronts."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def lanes(
        self, namespace: str, queues: tuple[str, ...] | None, *, after: Lane | None = None
    ) -> list[Lane]:
        parameters = {
            "namespace": namespace,
            "queues": None if queues is None else packed(queues),
            "after_queue": "" if after is None else after.queue,
            "after_needs": None if after is None else after.needs,
            "most": MOST_LANES,
        }
        rows = await self._gate.read(lambda transaction: transaction.listed("lanes", parameters))
        return [Lane(queue, needs) for queue, needs in rows]

    async def fronts(self, params: FindFronts) -> list[Front]:
        shared = {"namespace": params.namespace, "now": params.now, "limit": params.limit}

        def verb(transaction: Transaction) -> list[Front]:
            rows = [
                row for lane in params.lanes for row in transaction.listed("fronts", shared | lane._asdict())
            ]
            return sorted(
                Front(order_key, job_id, needs, queued_at) for order_key, job_id, needs, queued_at in rows
            )

        return await self._gate.read(verb)
