"""Bodies that are plain functions run in threads, so that they do not block the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from beltline.core.clock import MICROS
from beltline.definitions.context import RunContext
from beltline.definitions.definition import JobDefinition
from beltline.executors.black_box import BlackBox


class ThreadExecutor:
    """A pool of threads. A body waits until one is free.

    A thread cannot be killed. When its run is asked to stop, the body sees `ctx.cancelled`; where it has not
    ended after the grace, the run is given up and the thread stays counted as `stuck` until the body ends.
    """

    def __init__(self, threads: int, *, grace_us: int, box: BlackBox | None = None) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="beltline-body")
        self._room = asyncio.Semaphore(threads)
        self._grace_s = grace_us / MICROS
        self._stuck = 0
        self._busy: dict[tuple[str, int], int] = {}
        self.places = threads
        # A box that was made for no threads keeps no notes.
        self._box = box or BlackBox(0)
        self._numbers: dict[int, int] = {}

    @property
    def stuck(self) -> int:
        """How many threads run bodies that were given up."""
        return self._stuck

    async def run(
        self,
        definition: JobDefinition,
        context: RunContext,
        arguments: Mapping[str, object],
        *,
        begun: Callable[[], None] | None,
    ) -> object:
        """Run the body in a thread and wait for it."""
        call = (
            partial(definition.handler, context, **arguments)
            if definition.takes_context
            else partial(definition.handler, **arguments)
        )
        await self._room.acquire()
        if begun is not None:
            begun()
        body = self._pool.submit(self._called, (context.job_id, context.fence), call)
        waiting = asyncio.wrap_future(body)
        waiting.add_done_callback(self._freed)
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            if body.cancel():
                raise
            try:
                await asyncio.wait([waiting], timeout=self._grace_s)
            finally:
                # Also where it was asked to stop once more meanwhile: the thread is counted until it ends.
                if not waiting.done():
                    self._give_up(waiting)
            if waiting.done() and not waiting.cancelled():
                return waiting.result()
            raise

    def thread_of(self, job_id: str, fence: int) -> int | None:
        """Return the thread in which a body runs; None where it has not begun."""
        return self._busy.get((job_id, fence))

    def close(self) -> None:
        """Take no more work; running bodies go on until they end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _called(self, key: tuple[str, int], body: Callable[[], object]) -> object:
        thread = self._busy[key] = threading.get_ident()
        note = self._box.in_thread(self._numbers.setdefault(thread, len(self._numbers)), *key)
        note.begun()
        try:
            return _called(body)
        finally:
            note.ended()
            del self._busy[key]

    def _freed(self, _: asyncio.Future[object]) -> None:
        self._room.release()

    def _give_up(self, waiting: asyncio.Future[object]) -> None:
        self._stuck += 1
        waiting.add_done_callback(self._no_longer_stuck)

    def _no_longer_stuck(self, _: asyncio.Future[object]) -> None:
        self._stuck -= 1


def _called(body: Callable[[], object]) -> object:
    """Call a body. What means something to the one who awaits becomes a RuntimeError, as in coroutines.

    A StopIteration would leave the run waiting for ever, the others would end the worker's own coroutines.
    """
    try:
        return body()
    except (StopIteration, GeneratorExit, KeyboardInterrupt) as error:
        raise RuntimeError(f"the body raised {type(error).__name__}") from error
