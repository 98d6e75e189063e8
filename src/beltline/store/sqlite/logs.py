"""What jobs write while they run."""

from __future__ import annotations

from collections.abc import Sequence

from beltline.store.log_limit import DEFAULT_LIMIT, LogLimit
from beltline.store.log_lines import LogLine, NewLogLine
from beltline.store.sqlite.packing import packed
from beltline.store.sqlite.transaction import Gate, Transaction


class SqliteLogs:
    """The verbs of job logs."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def append(
        self, namespace: str, lines: Sequence[NewLogLine], *, keep: LogLimit = DEFAULT_LIMIT
    ) -> None:
        kept = keep.newest(lines)
        if not kept:
            return
        rows = packed([(*each.line[:6], each.size, each.place) for each in kept])
        trims = [
            {"namespace": namespace, "job_id": job_id, "lines": keep.lines, "size": keep.size}
            for job_id in dict.fromkeys(each.line.job_id for each in kept)
        ]

        def verb(transaction: Transaction) -> None:
            transaction.run("log_append", {"namespace": namespace, "rows": rows})
            for trim in trims:
                transaction.run("log_trim", trim)

        await self._gate.write(verb)

    async def read(self, namespace: str, job_id: str, *, after: int = 0, limit: int = 1_000) -> list[LogLine]:
        parameters = {"namespace": namespace, "job_id": job_id, "after": after, "limit": limit}
        rows = await self._gate.read(lambda transaction: transaction.run("log_read", parameters).fetchall())
        return [LogLine._make(row) for row in rows]
