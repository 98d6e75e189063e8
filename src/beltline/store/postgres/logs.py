"""What jobs write while they run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from beltline.core.errors import StoreUnavailable
from beltline.store.log_limit import DEFAULT_LIMIT, LogLimit
from beltline.store.log_lines import LogLine, NewLogLine
from beltline.store.postgres.connection import Pool
from beltline.store.postgres.failures import Duplicate

_TRIES: Final = 20


class PostgresLogs:
    """The verbs of job logs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def append(
        self, namespace: str, lines: Sequence[NewLogLine], *, keep: LogLimit = DEFAULT_LIMIT
    ) -> None:
        kept = keep.newest(lines)
        if not kept:
            return
        *columns, fields, _ = (list(column) for column in zip(*(each.line for each in kept), strict=True))
        sizes, places = [each.size for each in kept], [each.place for each in kept]
        for _ in range(_TRIES):
            try:
                await self._pool.run(
                    "log_append", namespace, *columns, keep.lines, fields, sizes, keep.size, places
                )
            except Duplicate:
                continue
            return
        raise StoreUnavailable("too many writers append to the log of one job; repeat the call")

    async def read(self, namespace: str, job_id: str, *, after: int = 0, limit: int = 1_000) -> list[LogLine]:
        return [
            LogLine._make(row) for row in await self._pool.rows("log_read", namespace, job_id, after, limit)
        ]
