"""arq on Redis."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

from arq import create_pool
from arq.connections import RedisSettings
from arq.constants import default_queue_name
from arq.worker import Worker

from bench.peers import adapter as bodies
from bench.peers.adapter import BURN, script, store_url

MODULE: Final = "bench.peers.adapters.arq"


async def noop(_: Any, number: int) -> None:  # noqa: ANN401 - a peer's own type
    """Tell that it began."""
    bodies.noop(number)


async def burn(_: Any, number: int) -> None:  # noqa: ANN401 - a peer's own type
    """Use the processor, in a thread."""
    await asyncio.to_thread(bodies.burn, number)


class ArqAdapter:
    """A worker with a hundred jobs at once."""

    settings = MappingProxyType(
        {
            "worker": (
                "Worker(max_jobs=100, 4 for the 5 ms job; keep_result=0; poll_delay 0.5, the default), "
                "log at WARNING"
            ),
            "bulk": "none: one call a job",
        }
    )
    has_bulk = False

    def __init__(self) -> None:
        self._pool: Any = None

    async def open(self) -> None:
        self._pool = await create_pool(RedisSettings.from_dsn(store_url()))

    async def close(self) -> None:
        await self._pool.aclose()

    async def submit(self, work: str, number: int) -> None:
        await self._pool.enqueue_job(work, number)

    async def submit_bulk(self, work: str, numbers: Sequence[int]) -> None:
        for number in numbers:
            await self._pool.enqueue_job(work, number)

    async def unfinished(self) -> int | None:
        return int(await self._pool.zcard(default_queue_name))

    def worker(self, work: str) -> list[str]:
        return [*script(MODULE), "4" if work == BURN else "100"]


def adapter() -> ArqAdapter:
    """Return it."""
    return ArqAdapter()


async def _work(max_jobs: int) -> None:
    worker = Worker(
        functions=[noop, burn],
        redis_settings=RedisSettings.from_dsn(store_url()),
        max_jobs=max_jobs,
        keep_result=0,
    )
    await worker.main()


if __name__ == "__main__":
    import sys

    logging.basicConfig(level=logging.WARNING)
    asyncio.run(_work(int(sys.argv[1])))
