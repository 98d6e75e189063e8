"""Bodies in processes of their own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import Final

from beltline.config import WorkerConfig
from beltline.core.clock import MICROS, Clock
from beltline.core.errors import ConfigError
from beltline.core.job import ClaimedJob
from beltline.core.outcome import Outcome, released
from beltline.core.reasons import Reason
from beltline.definitions.definition import JobDefinition
from beltline.definitions.port import ContextPort
from beltline.definitions.registry import Registry
from beltline.executors.process.endings import over_memory
from beltline.executors.process.maker import Maker, NoProcess
from beltline.executors.process.member import Member
from beltline.executors.process.memory import can_limit, kept_with_shared
from beltline.executors.process.pool import Pool
from beltline.executors.process.visit import Visit

NO_PROCESS_DELAY_US: Final = 5 * MICROS
_LOOK_S: Final = 0.1


class ProcessExecutor:
    """A pool of processes, each with the app loaded. A body waits until one is free.

    A body that is asked to stop sees `ctx.cancelled`, or is cancelled where it is a coroutine; where it has
    not ended after the grace, its process is killed. A job that was running when a process ended is suspect:
    it runs in a new process, which ends with it. `command` starts the forkserver, in this `environment`.
    """

    stuck = 0

    def __init__(
        self,
        command: Sequence[str],
        config: WorkerConfig,
        *,
        clock: Clock,
        environment: Mapping[str, str],
    ) -> None:
        self.places = config.body_places
        self._maker = Maker(command, environment, clock)
        self._pool = Pool(self._maker, config, clock)
        self._grace_s = config.grace_us / MICROS
        self._numbers = count(1)
        self._busy: dict[tuple[str, int], Member] = {}

    async def open(self, registry: Registry) -> None:
        """Load the app in a process of its own.

        Raises ConfigError where that fails, where a definition is missing there, or where a limit cannot be
        held on this platform.
        """
        wanted = [definition for definition in registry if definition.mode == "process"]
        problems = [
            f"job {definition.name!r} at {definition.place}: memory cannot be limited on this platform;"
            " run it on Linux or take the limit away"
            for definition in wanted
            if definition.memory is not None and not can_limit()
        ]
        if problems:
            raise ConfigError(problems)
        found = await self._maker.open()
        problems = [
            f"job {definition.name!r} at {definition.place}: it is missing where the app is loaded again for"
            " bodies in processes; define it at the top level of a module"
            for definition in wanted
            if definition.name not in found
        ]
        if problems:
            await self.close()
            raise ConfigError(problems)

    async def has(self, definition: JobDefinition) -> bool:
        """Return whether the app has the definition where it is loaded for bodies."""
        try:
            return definition.name in await self._maker.names()
        except ConfigError as error:
            logging.getLogger("beltline").warning("no process for bodies: %s", error)
            return False

    async def run(
        self,
        job: ClaimedJob,
        definition: JobDefinition,
        port: ContextPort,
        *,
        begun: Callable[[], None] | None,
        most_bytes: int,
    ) -> Outcome:
        """Run the body in a process and wait for it."""
        limit = definition.memory
        visit = Visit(next(self._numbers), job, port, most_bytes=most_bytes, is_limited=limit is not None)
        try:
            member = await self._pool.enter(visit)
        except NoProcess as error:
            logging.getLogger("beltline").warning("no process for job %s: %s", job.id, error)
            return released(Reason.NO_PROCESS, NO_PROCESS_DELAY_US)
        self._busy[job.id, job.fence] = member
        if begun is not None:
            begun()
        watch = None if limit is None else _watched(member, limit)
        try:
            return await self._waited(member, visit)
        finally:
            if watch is not None:
                watch.cancel()
            del self._busy[job.id, job.fence]
            self._pool.leave(visit, member)

    def stack(self, job_id: str, fence: int) -> Awaitable[str] | None:
        """Return the stack of a body; None where it has no process yet."""
        member = self._busy.get((job_id, fence))
        return None if member is None else member.stack()

    async def close(self) -> None:
        """End every process."""
        await self._pool.close()

    async def _waited(self, member: Member, visit: Visit) -> Outcome:
        ended = visit.ended
        if not visit.must_stop:
            with suppress(asyncio.CancelledError):
                return await asyncio.shield(ended)
        member.ask_to_stop(visit)
        try:
            await asyncio.wait([ended], timeout=self._grace_s)
        finally:
            # Also where it was asked to stop once more meanwhile.
            if not ended.done():
                member.kill()
        if ended.done():
            return ended.result()
        raise asyncio.CancelledError


def _watched(member: Member, limit: int) -> asyncio.Task[None]:
    return asyncio.create_task(_watch(member, limit))


async def _watch(member: Member, limit: int) -> None:
    """Kill a process whose body holds more than its limit.

    The kernel refuses what goes beyond it, but for memory that is shared or belongs to a mapped file.
    """
    before = kept_with_shared(member.pid)
    while True:
        await asyncio.sleep(_LOOK_S)
        held = kept_with_shared(member.pid) - before
        if held > limit:
            member.kill(over_memory(held, limit))
            return
