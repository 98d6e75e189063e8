"""Worker processes and their leases."""

from __future__ import annotations

from collections.abc import Sequence

from beltline.store.params import BeatReply, NewSession, Session
from beltline.store.postgres.connection import Pool
from beltline.store.postgres.servertime import ServerTime


class PostgresSessions:
    """The verbs of sessions."""

    def __init__(self, pool: Pool, time: ServerTime) -> None:
        self._pool = pool
        self._time = time

    async def open(self, params: NewSession) -> None:
        await self._pool.run(
            "session_open",
            params.namespace,
            params.id,
            params.name,
            params.host,
            params.pid,
            params.lease_us,
            params.queues,
            params.concurrency,
            params.now,
            params.definitions,
            params.versions,
            params.offer,
            params.process,
        )

    async def beat(self, namespace: str, session: str, now: int) -> BeatReply:
        await self._time.measure(self._pool)
        rows = await self._pool.prompt("session_beat", namespace, session, now)
        return BeatReply(
            bool(rows), [(job_id, fence, request) for job_id, fence, request in rows if job_id is not None]
        )

    async def lose(self, namespace: str, session: str, beats: int, now: int) -> bool:
        return bool(await self._pool.value("session_lose", namespace, session, beats, now))

    async def close(self, namespace: str, session: str, now: int) -> None:
        await self._pool.run("session_close", namespace, session, now)

    async def page(self, namespace: str, *, ended: bool = False, limit: int = 1_000) -> list[Session]:
        rows = await self._pool.rows("session_page", namespace, ended, limit)
        return [Session._make((*row[:11], *map(_names, row[11:14]), *row[14:])) for row in rows]


def _names(found: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if found is None else tuple(found)
