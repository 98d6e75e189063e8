"""chancy on PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

from chancy import Chancy, Queue, Worker, job

from bench.peers import adapter as bodies
from bench.peers.adapter import BURN, script, store_url

MODULE: Final = "bench.peers.adapters.chancy"


@job(queue="bench")
async def noop(*, number: int) -> None:
    """Tell that it began."""
    bodies.noop(number)


@job(queue="bench")
async def burn(*, number: int) -> None:
    """Use the processor, in a thread."""
    await asyncio.to_thread(bodies.burn, number)


class ChancyAdapter:
    """A worker whose queue runs coroutines, a hundred at once."""

    settings = MappingProxyType(
        {
            "worker": "AsyncExecutor, concurrency 100, polling_interval 1, eager_polling; log at WARNING",
            "bulk": "push_many with 1,000 jobs a call",
        }
    )
    has_bulk = True

    def __init__(self) -> None:
        self._chancy: Any = None

    async def open(self) -> None:
        self._chancy = await _chancy().__aenter__()
        await self._chancy.migrate()
        await self._chancy.declare(
            Queue(
                "bench",
                concurrency=100,
                executor=Chancy.Executor.Async,
                polling_interval=1,
                eager_polling=True,
            )
        )

    async def close(self) -> None:
        await self._chancy.__aexit__(None, None, None)

    async def submit(self, work: str, number: int) -> None:
        await self._chancy.push(_job(work, number))

    async def submit_bulk(self, work: str, numbers: Sequence[int]) -> None:
        async for _ in self._chancy.push_many([_job(work, number) for number in numbers], batch_size=1_000):
            pass

    async def unfinished(self) -> int | None:
        async with self._chancy.pool.connection() as connection:
            found = await connection.execute(
                "SELECT count(*) FROM chancy_jobs WHERE state IN ('pending', 'running', 'retrying')"
            )
            row = await found.fetchone()
        return int(next(iter(row.values())) if isinstance(row, dict) else row[0])

    def worker(self, work: str) -> list[str]:
        del work
        return script(MODULE)


def _chancy() -> Any:  # noqa: ANN401 - a peer's own type
    logging.getLogger("chancy").setLevel(logging.WARNING)
    return Chancy(store_url())


def _job(work: str, number: int) -> Any:  # noqa: ANN401 - a peer's own type
    return (burn if work == BURN else noop).job.with_kwargs(number=number)


def adapter() -> ChancyAdapter:
    """Return it."""
    return ChancyAdapter()


async def _work() -> None:
    async with _chancy() as chancy, Worker(chancy) as worker:
        await worker.wait_for_shutdown()


if __name__ == "__main__":
    asyncio.run(_work())
