"""Dead letters as a program works with them: `belt.dead_letters`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from beltline.client.port import ClientPort
from beltline.core.codec import dump_json
from beltline.core.job import Job
from beltline.core.rate import rate_of
from beltline.engine import control, dead_letters, replays
from beltline.engine.dead_letters import Plan
from beltline.store.contract import Store
from beltline.store.dead_letters import DeadGroup, GroupCursor, GroupPage, LetterFilter, ListGroups
from beltline.store.replays import ReplayRun

ACTOR = "client"


class DeadLetters:
    """The dead letters of a Beltline that is open. Whatever is changed is audited."""

    def __init__(self, port: ClientPort) -> None:
        self._port = port

    async def groups(
        self,
        *,
        definition: str | None = None,
        owner: str | None = None,
        before: GroupCursor | None = None,
        limit: int = 50,
    ) -> GroupPage:
        """Return a page of groups, the one with the newest letter first; `before` is the `next` of a page."""
        params = ListGroups(
            namespace=self._port.namespace, definition=definition, owner=owner, before=before, limit=limit
        )
        return await self._store.dead_letters.groups(params)

    async def group(self, fingerprint: str) -> DeadGroup:
        """Return a group. Raises NotFound."""
        return await dead_letters.group(self._store, self._port.namespace, fingerprint)

    async def triage(
        self, fingerprint: str, *, owner: str | None = None, note: str | None = None
    ) -> DeadGroup:
        """Say who takes care of a group, or what is known of it; an empty text takes that away.

        Raises NotFound, InvalidInput.
        """
        return await dead_letters.triage(
            self._store, self._port.namespace, fingerprint, owner=owner, note=note, actor=ACTOR
        )

    async def edit(self, job_id: str, payload: Mapping[str, Any] | bytes, *, why: str = "") -> Job:
        """Give a dead letter another payload; replay it afterwards.

        Raises InvalidPayload that lists every fault, NotFound, Conflict; then nothing is stored.
        """
        data = payload if isinstance(payload, bytes) else dump_json(payload)
        return await dead_letters.edit(self._store, self._port.namespace, job_id, data, actor=ACTOR, why=why)

    async def replay(self, job_id: str, *, why: str = "") -> Job:
        """Put a dead letter back into its queue. Raises NotFound, InvalidTransition, Conflict."""
        return await control.replay(self._store, self._port.namespace, job_id, actor=ACTOR, why=why)

    async def plan(self, where: LetterFilter) -> Plan:
        """Return what a replay or discard of these letters would do. Raises NotFound."""
        return await dead_letters.plan(self._store, self._port.namespace, where)

    async def replay_all(
        self,
        where: LetterFilter,
        *,
        rate: str | None = None,
        stop_on_same_error: bool = False,
        why: str = "",
    ) -> ReplayRun:
        """Begin to replay the letters of a filter; workers carry the run on.

        `rate`, such as "50/m", spreads them evenly. `stop_on_same_error` ends the run when a replayed job
        fails with the error that it had. Raises NotFound, InvalidInput.
        """
        return await replays.start(
            self._store,
            self._port.namespace,
            where,
            rate=None if rate is None else rate_of(rate),
            stop_on_same_error=stop_on_same_error,
            actor=ACTOR,
            why=why,
            random=self._port.random,
        )

    async def discard(self, where: LetterFilter, *, why: str = "") -> int:
        """Hide the letters of a filter, finally; return how many. Raises NotFound."""
        return await dead_letters.discard_all(self._store, self._port.namespace, where, actor=ACTOR, why=why)

    async def runs(
        self, *, ended: bool = False, before: str | None = None, limit: int = 50
    ) -> Sequence[ReplayRun]:
        """Return the replay runs that are open, with `ended` all of them, newest first."""
        return await self._store.replays.page(self._port.namespace, ended=ended, before=before, limit=limit)

    async def run(self, run_id: str) -> ReplayRun:
        """Return a replay run. Raises NotFound."""
        return await replays.fetch(self._store, self._port.namespace, run_id)

    async def cancel_run(self, run_id: str, *, why: str = "") -> ReplayRun:
        """End a replay run: what it has replayed goes on. Raises NotFound, Conflict where it has ended."""
        return await replays.cancel(self._store, self._port.namespace, run_id, actor=ACTOR, why=why)

    @property
    def _store(self) -> Store:
        return self._port.opened[0]
