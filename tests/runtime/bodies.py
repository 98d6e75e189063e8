"""Bodies that wait until the test lets them go, and some that do not."""

from __future__ import annotations

import asyncio
import threading

from beltline.core.retry import Retry
from beltline.definitions.context import Context
from tests.runtime.works import Works
from tests.waiting import eventually_async

AT_ONCE = Retry(max_attempts=3, backoff="fixed", base=0)


class Bodies:
    """Bodies that wait until the test lets them go."""

    def __init__(self, works: Works) -> None:
        self.gate = asyncio.Event()
        self.thread_gate = threading.Event()
        self.begun: list[str] = []
        self.most = 0
        self._running = 0

        @works.belt.job
        async def waits(ctx: Context) -> str:
            self._running += 1
            self.most = max(self.most, self._running)
            self.begun.append(ctx.job_id)
            try:
                await self.gate.wait()
            finally:
                self._running -= 1
            return "done"

        @works.belt.job(timeout="20ms", retry=Retry(max_attempts=1))
        def sleeps(ctx: Context) -> str:
            self.begun.append(ctx.job_id)
            self.thread_gate.wait(30)
            return "done"

        @works.belt.job
        def sleeps_for_ever(ctx: Context) -> str:
            self.begun.append(ctx.job_id)
            self.thread_gate.wait(30)
            return "done"

        self.waits = waits
        self.sleeps = sleeps
        self.sleeps_for_ever = sleeps_for_ever
        self._define_quick_ones(works)

    def _define_quick_ones(self, works: Works) -> None:
        @works.belt.job
        async def adds(left: int, right: int) -> int:
            return left + right

        @works.belt.job(retry=AT_ONCE)
        async def fails_twice(ctx: Context) -> int:
            if ctx.attempt < 3:
                raise LookupError(f"no paper at attempt {ctx.attempt}")
            return ctx.attempt

        @works.belt.job
        def talks(ctx: Context) -> None:
            ctx.log.info("half way", row=3)
            ctx.progress(0.5, "row 3")

        self.adds = adds
        self.fails_twice = fails_twice
        self.talks = talks

    async def began(self, number: int = 1) -> None:
        async def enough() -> bool:
            return len(self.begun) >= number

        await eventually_async(enough)
