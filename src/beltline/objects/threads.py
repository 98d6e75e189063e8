"""Where the work of a place is done, which blocks: in threads, or in place where there is no event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

T = TypeVar("T")

MOST: Final = 16


class Threads:
    """Some threads, started when they are first needed."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None

    async def run(self, work: Callable[[], T]) -> T:
        """Do a piece of work and return what it returns."""
        [done] = await self.run_all([work])
        return done

    async def run_all(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """Do pieces of work at once, off the event loop; where none runs, one by one and without waiting."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return [work() for work in works]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(MOST, thread_name_prefix="beltline-objects")
        pool = self._pool
        return list(await asyncio.gather(*(loop.run_in_executor(pool, work) for work in works)))

    def close(self) -> None:
        """Let the threads end when their work is done."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False)
