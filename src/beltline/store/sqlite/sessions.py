"""Worker sessions and their leases."""

from __future__ import annotations

import json

from beltline.store.params import BeatReply, NewSession, Session
from beltline.store.sqlite.packing import packed
from beltline.store.sqlite.transaction import Gate, Transaction


class SqliteSessions:
    """The verbs of sessions."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def open(self, params: NewSession) -> None:
        parameters = {
            "namespace": params.namespace,
            "id": params.id,
            "name": params.name,
            "host": params.host,
            "pid": params.pid,
            "lease_us": params.lease_us,
            "queues": None if params.queues is None else packed(params.queues),
            "concurrency": params.concurrency,
            "definitions": None if params.definitions is None else packed(params.definitions),
            "versions": None if params.versions is None else packed(params.versions),
            "offer": params.offer,
            "process": params.process,
            "now": params.now,
        }
        await self._gate.write(lambda transaction: transaction.run("session_open", parameters).close())

    async def beat(self, namespace: str, session: str, now: int) -> BeatReply:
        parameters = {"namespace": namespace, "session": session, "now": now}

        def verb(transaction: Transaction) -> BeatReply:
            alive = transaction.changed("session_beat", parameters) == 1
            requests = transaction.listed("session_requests", parameters)
            return BeatReply(alive, [(job_id, fence, request) for job_id, fence, request in requests])

        return await self._gate.write(verb)

    async def lose(self, namespace: str, session: str, beats: int, now: int) -> bool:
        parameters = {"namespace": namespace, "session": session, "beats": beats, "now": now}
        return await self._gate.write(
            lambda transaction: transaction.changed("session_lose", parameters) == 1
        )

    async def close(self, namespace: str, session: str, now: int) -> None:
        parameters = {"namespace": namespace, "session": session, "now": now}
        await self._gate.write(lambda transaction: transaction.run("session_close", parameters).close())

    async def page(self, namespace: str, *, ended: bool = False, limit: int = 1_000) -> list[Session]:
        parameters = {"namespace": namespace, "ended": ended, "limit": limit}
        rows = await self._gate.read(
            lambda transaction: transaction.run("session_page", parameters).fetchall()
        )
        return [Session._make((*row[:11], *map(_names, row[11:14]), *row[14:])) for row in rows]


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(json.loads(text))
