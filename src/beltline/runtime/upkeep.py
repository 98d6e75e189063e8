"""What any worker does for all: one look a second, which wakes the loops that have something to do."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from beltline.config import RetentionConfig
from beltline.core.clock import MICROS
from beltline.core.ids import Random
from beltline.engine import replays, upkeep
from beltline.engine.bulk import do_due
from beltline.runtime.chores import chores
from beltline.runtime.dispatcher import Dispatcher
from beltline.runtime.loop import AHEAD_S, REST_S, Loop
from beltline.runtime.releaser import Releaser
from beltline.runtime.rescuer import Rescuer
from beltline.runtime.scheduler import Scheduler
from beltline.runtime.watcher import Watcher
from beltline.store.contract import Store
from beltline.store.hints import Hint
from beltline.triggers.contract import OpenSource

LOOK_S: Final = 1.0


class Upkeep:
    """Sees to what falls due in one namespace; any number of processes may do so at once.

    Without hints, what was stored meanwhile may be that one second late. `sources`: where messages for
    triggers come from; without them others receive those.
    """

    def __init__(
        self,
        store: Store,
        namespace: str,
        *,
        retention: RetentionConfig,
        rescuer: Rescuer,
        rescue_s: float,
        random: Random,
        sources: Mapping[str, OpenSource] | None = None,
    ) -> None:
        self._store = store
        self._namespace = namespace
        self._dispatcher = Dispatcher(store, namespace, random=random)
        self._scheduler = Scheduler(store, namespace, random=random)
        self._releaser = Releaser(store, namespace, random=random)
        self._watcher = Watcher(store, namespace, random=random, sources=sources)
        self._rescuer = rescuer
        self._rescuing = Loop("rescuer", rescue_s, rescuer.tick, random=random)
        self._replayer = Loop("replayer", REST_S, partial(replays.tick, store, namespace), random=random)
        self._bulk = Loop("bulk actions", REST_S, partial(do_due, store, namespace), random=random)
        self._overdue = Loop("overdue", REST_S, self._end_overdue, random=random)
        self._folder = Loop("folder", REST_S, self._fold, random=random)
        self._vacuum = Loop("vacuum", REST_S, self._vacuum_where_due, random=random)
        self.loops = [
            Loop("lookout", LOOK_S, self._look, random=random),
            *(self._dispatcher, self._scheduler, self._releaser, self._watcher),
            *(self._replayer, self._bulk, self._overdue, self._folder, self._vacuum),
            self._rescuing,
            *chores(store, namespace, retention=retention, random=random),
        ]

    def hinted(self, hint: Hint) -> None:
        """Wake whom a hint concerns."""
        if hint is Hint.SCHEDULED:
            self._dispatcher.hinted()
        elif hint is Hint.LINKED:
            self._releaser.wake()
            self._watcher.linked()
        elif hint is Hint.FINISHED:
            self._scheduler.finished()

    async def release(self) -> int:
        """Let go on what waited for what has ended; return how much was done, 0 for nothing left."""
        return await self._releaser.release()

    async def is_due(self) -> bool:
        """Return whether schedules or triggers have something to do now."""
        return await self._scheduler.is_due() or await self._watcher.is_due()

    async def _look(self) -> bool:
        now = self._store.now()
        agenda = await self._store.upkeep.agenda(self._namespace, now)
        for at, loop in (
            (agenda.due_at, self._dispatcher),
            (agenda.tick_at, self._scheduler),
            (agenda.trigger_at, self._watcher),
        ):
            if at is not None and at - now < AHEAD_S * MICROS:
                loop.wake_in(max(0.0, (at - now) / MICROS))
        for is_due, woken in (
            (agenda.ticks_wait, self._scheduler),
            (agenda.releases, self._releaser),
            (agenda.outcomes, self._watcher),
            (agenda.overdue, self._overdue),
            (agenda.folds, self._folder),
            (agenda.replays, self._replayer),
            (agenda.bulk, self._bulk),
            (agenda.vacuum, self._vacuum),
            (self._rescuer.sees_dead(), self._rescuing),
        ):
            if is_due:
                woken.wake()
        return False

    async def _end_overdue(self) -> bool:
        return await upkeep.end_overdue(self._store, self._namespace) >= upkeep.BATCH

    async def _vacuum_where_due(self) -> bool:
        # The loop comes round unasked, too.
        if (await self._store.upkeep.agenda(self._namespace, self._store.now())).vacuum:
            await self._store.upkeep.vacuum()
        return False

    async def _fold(self) -> bool:
        return await upkeep.fold(self._store, self._namespace) >= upkeep.FOLD_BATCH
