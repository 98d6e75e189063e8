"""Finds workers that stopped renewing their lease, or are dead for certain, and rescues their jobs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import NamedTuple

from beltline.core.clock import Clock
from beltline.core.ids import Random
from beltline.engine.rescue import SILENT, rescue
from beltline.store.contract import Store
from beltline.store.params import Session


class _Sighting(NamedTuple):
    beats: int
    since: int


class Rescuer:
    """Rescues what its own monotonic clock has watched unrenewed for a whole lease, or whose process is gone.

    A clock jump kills nobody. `is_gone` proves of the `process` of a session that it has ended; None: nothing
    can be proven here, and every session has its whole lease.

    Where this process itself did not look for half a lease (it was stopped, or the store was away), it starts
    watching anew. It looks every `every_us`: of a lease that is shorter it never sees a half.
    """

    def __init__(
        self,
        store: Store,
        namespace: str,
        *,
        clock: Clock,
        random: Random,
        own: Callable[[], str],
        every_us: int = 0,
        is_gone: Callable[[str | None], bool] | None = None,
    ) -> None:
        self._is_gone = is_gone or _unproven
        self._processes: list[str] = []
        self._regular_us = 2 * every_us
        self._own = own
        self._store = store
        self._namespace = namespace
        self._clock = clock
        self._random = random
        self._seen: dict[str, _Sighting] = {}
        self._looked_at: int | None = None

    def sees_dead(self) -> bool:
        """Say, without the store, whether a session of the last look has a process that is gone."""
        return any(map(self._is_gone, self._processes))

    async def tick(self) -> bool:
        """Look at every session once."""
        sessions = await self._store.sessions.page(self._namespace)
        now = self._clock.monotonic()
        away = 0 if self._looked_at is None else now - self._looked_at
        self._looked_at = now
        seen: dict[str, _Sighting] = {}
        own = self._own()
        for session in sessions:
            if session.id == own:
                continue
            before = self._seen.get(session.id)
            unseen = away > max(session.lease_us // 2, self._regular_us)
            if before is None or before.beats != session.beats or unseen:
                before = _Sighting(session.beats, now)
            seen[session.id] = before
            if self._is_gone(session.process):
                await self._rescue(session, "died", ", its process is gone")
            elif _is_over(session) or now - before.since >= session.lease_us:
                await self._rescue(session, SILENT)
        self._seen = seen
        self._processes = [each.process for each in sessions if each.process and each.id != own]
        return False

    async def _rescue(self, session: Session, how: str, why: str = "") -> None:
        settled = await rescue(self._store, self._namespace, session, random=self._random, how=how)
        if settled is not None and (settled.changes or session.closed_at is None):
            logging.getLogger("beltline").warning(
                "worker %s (%s) is lost%s: %d jobs rescued",
                session.name,
                session.id,
                why,
                len(settled.changes),
            )


def _is_over(session: Session) -> bool:
    return session.closed_at is not None or session.lost_at is not None


def _unproven(process: str | None) -> bool:
    del process
    return False
