"""Ends a process whose event loop a body blocks beyond its time-out.

It runs on the heart's thread, so it works while the loop does not. It settles the blocking job as timed out,
gives the others back uncharged, writes the outcomes that the loop did not come to write, prints every
thread's stack and exits with RECYCLE: the supervisor starts a new process.
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Final

from beltline.core.clock import MICROS
from beltline.core.decide import Policy
from beltline.core.failure import failure
from beltline.core.ids import Random
from beltline.core.outcome import Ending, Outcome, released
from beltline.core.reasons import Reason
from beltline.engine.settle import Settlement, settle
from beltline.runtime.children import RECYCLE
from beltline.runtime.heart import Pulse
from beltline.runtime.run import Run
from beltline.store.contract import Store

WARN_AFTER_US: Final = 2 * MICROS
_REMEDY: Final = "await what it waits for, or make it a plain function, which runs in a thread"


class Watchdog:
    """Looks at the pulse of the worker's loop.

    A stall of two seconds is told with the stack of the loop's thread, once a stall. A body that has no time-
    out may block for ever: the lease is kept by the heart, nothing is lost, and the log says which job it is.
    """

    def __init__(
        self,
        pulse: Pulse,
        runs: Mapping[tuple[str, int], Run],
        namespace: str,
        *,
        unwritten: Callable[[], Sequence[Settlement]],
        grace_us: int,
        random: Random,
        loop: asyncio.AbstractEventLoop,
        thread_id: int,
        end: Callable[[int], None] = os._exit,
    ) -> None:
        self._pulse = pulse
        self._runs = runs
        self._namespace = namespace
        self._unwritten = unwritten
        self._grace_us = grace_us
        self._random = random
        self._loop = loop
        self._thread_id = thread_id
        self._end = end
        self._warned_at: int | None = None

    async def look(self, store: Store) -> None:
        """Look once: do nothing, warn, or end the process."""
        still = self._pulse.still_for()
        if still < WARN_AFTER_US:
            return
        blocking = self._blocking()
        if self._warned_at != self._pulse.at:
            self._warned_at = self._pulse.at
            name = f"job {blocking.job.id} ({blocking.job.definition})" if blocking else "something"
            stack = "".join(traceback.format_stack(_frame(self._thread_id)))
            logging.getLogger("beltline").warning(
                "%s blocks the event loop for %.1f s: %s:\n%s", name, still / MICROS, _REMEDY, stack
            )
        if (
            blocking is not None
            and blocking.job.timeout_us is not None
            and still > blocking.job.timeout_us + self._grace_us
        ):
            await self._end_process(store, blocking)

    def _blocking(self) -> Run | None:
        # Those that wait for their turn may be bound for the same task.
        task = asyncio.current_task(self._loop)
        return next((run for run in list(self._runs.values()) if run.begun and run.task is task), None)

    async def _end_process(self, store: Store, blocking: Run) -> None:
        logging.getLogger("beltline").error(
            "job %s blocked the event loop beyond its time-out: ending this process", blocking.job.id
        )
        faulthandler.dump_traceback(all_threads=True)
        try:
            for batch in (self._interrupted(blocking), self._unwritten()):
                # Where the loop's own write of an outcome arrived after all, the fence makes this one miss.
                if batch:
                    await settle(store, self._namespace, batch, random=self._random)
        finally:
            self._end(RECYCLE)

    def _interrupted(self, blocking: Run) -> list[Settlement]:
        limit_s = (blocking.job.timeout_us or 0) / MICROS
        message = f"the body blocked the event loop longer than its time-out of {limit_s:g} s; {_REMEDY}"
        definition = blocking.definition
        timed_out = Outcome(Ending.TIMED_OUT, error=failure("Timeout", message))
        policy = Policy(definition.retry, definition.max_crashes, definition.version)
        guilty = Settlement(blocking.job, timed_out, policy)
        open_ = [run for run in list(self._runs.values()) if not run.settled]
        return [
            guilty if run is blocking else Settlement(run.job, released(Reason.DRAINED), Policy())
            for run in open_
        ]


def _frame(thread_id: int) -> FrameType | None:
    return sys._current_frames().get(thread_id)  # noqa: SLF001 - the documented way to another thread's stack
