"""What jobs write while they run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from beltline.core.errors import StoreUnavailable
from beltline.store.params import LogLine, NewLogLine
from beltline.store.postgres.connection import Pool
from beltline.store.postgres.failures import Duplicate

MOST_LINES: Final = 10_000
_TRIES: Final = 20


class PostgresLogs:
    """The verbs of job logs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def append(self, namespace: str, lines: Sequence[NewLogLine]) -> None:
        kept = _newest(lines)
        if not kept:
            return
        *columns, fields = (list(column) for column in zip(*kept, strict=True))
        for _ in range(_TRIES):
            try:
                await self._pool.run("log_append", namespace, *columns, MOST_LINES, fields)
            except Duplicate:
                continue
            return
        raise StoreUnavailable("too many writers append to the log of one job; repeat the call")

    async def read(self, namespace: str, job_id: str, *, after: int = 0, limit: int = 1_000) -> list[LogLine]:
        return [
            LogLine._make(row) for row in await self._pool.rows("log_read", namespace, job_id, after, limit)
        ]


def _newest(lines: Sequence[NewLogLine]) -> Sequence[NewLogLine]:
    """Return the lines without those of a job that the later ones of the same call push out."""
    if len(lines) <= MOST_LINES:
        return lines
    counts: defaultdict[str, int] = defaultdict(int)
    kept: list[NewLogLine] = []
    for line in reversed(lines):
        counts[line.job_id] += 1
        if counts[line.job_id] <= MOST_LINES:
            kept.append(line)
    return kept[::-1]
