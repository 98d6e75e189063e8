"""saq on Redis and on PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

import uvloop
from saq import Queue, Worker

from bench.peers import adapter as bodies
from bench.peers.adapter import BURN, script, store_url

MODULE: Final = "bench.peers.adapters.saq"
AT_ONCE: Final = 20
ON_REDIS: Final = store_url().startswith("redis")


async def noop(_: Any, *, number: int) -> None:  # noqa: ANN401 - a peer's own type
    """Tell that it began."""
    bodies.noop(number)


async def burn(_: Any, *, number: int) -> None:  # noqa: ANN401 - a peer's own type
    """Use the processor, in a thread."""
    await asyncio.to_thread(bodies.burn, number)


class SaqAdapter:
    """A worker on uvloop."""

    settings = MappingProxyType(
        {
            "worker": (
                "Worker(concurrency=100 on Redis, 20 on PostgreSQL, 4 for the 5 ms job) on uvloop, log at "
                "WARNING"
            ),
            "bulk": "20 enqueue calls at once, each with one job: there is no call for many",
        }
    )
    has_bulk = True

    def __init__(self) -> None:
        self._queue: Any = None

    async def open(self) -> None:
        self._queue = Queue.from_url(store_url(), name="bench")
        await self._queue.connect()

    async def close(self) -> None:
        await self._queue.disconnect()

    async def submit(self, work: str, number: int) -> None:
        await self._queue.enqueue(work, number=number)

    async def submit_bulk(self, work: str, numbers: Sequence[int]) -> None:
        left = iter(numbers)

        async def caller() -> None:
            for number in left:
                await self._queue.enqueue(work, number=number)

        await asyncio.gather(*(caller() for _ in range(AT_ONCE)))

    async def unfinished(self) -> int | None:
        return int(await self._queue.count("incomplete"))

    def worker(self, work: str) -> list[str]:
        concurrency = 4 if work == BURN else 100 if ON_REDIS else AT_ONCE
        return [*script(MODULE), str(concurrency)]


def adapter() -> SaqAdapter:
    """Return it."""
    return SaqAdapter()


async def _work(concurrency: int) -> None:
    queue = Queue.from_url(store_url(), name="bench")
    await queue.connect()
    await Worker(queue, functions=[("noop", noop), ("burn", burn)], concurrency=concurrency).start()


if __name__ == "__main__":
    import sys

    logging.basicConfig(level=logging.WARNING)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(int(sys.argv[1])))
