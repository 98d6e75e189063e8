"""streaq on Redis."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack
from types import MappingProxyType
from typing import Any, Final

from streaq import Worker

from bench.peers import adapter as bodies
from bench.peers.adapter import BURN, program, store_url

MODULE: Final = "bench.peers.adapters.streaq"
worker: Final = Worker(redis_url=store_url(), concurrency=100)
logging.getLogger("streaq").setLevel(logging.WARNING)


@worker.task(ttl=0)
async def noop(number: int) -> None:
    """Tell that it began."""
    bodies.noop(number)


@worker.task(ttl=0)
async def burn(number: int) -> None:
    """Use the processor, in a thread."""
    await asyncio.to_thread(bodies.burn, number)


class StreaqAdapter:
    """One worker with a hundred jobs at once."""

    settings = MappingProxyType(
        {
            "worker": "streaq run, concurrency 100, uvloop where it finds it, log at WARNING",
            "results": "ttl=0",
            "bulk": "enqueue_many with 1,000 jobs a call",
        }
    )
    has_bulk = True

    def __init__(self) -> None:
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        await self._stack.enter_async_context(worker)

    async def close(self) -> None:
        await self._stack.aclose()

    async def submit(self, work: str, number: int) -> None:
        await _task(work).enqueue(number)

    async def submit_bulk(self, work: str, numbers: Sequence[int]) -> None:
        task = _task(work)
        await worker.enqueue_many([task.enqueue(number) for number in numbers])

    async def unfinished(self) -> int | None:
        return int(await worker.queue_size())

    def worker(self, work: str) -> list[str]:
        del work
        return [program("streaq"), "run", f"{MODULE}:worker"]


def _task(work: str) -> Any:  # noqa: ANN401 - a peer's own type
    return burn if work == BURN else noop


def adapter() -> StreaqAdapter:
    """Return it."""
    return StreaqAdapter()
