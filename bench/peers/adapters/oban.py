"""oban (the free edition) on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

from oban import Oban, job
from oban.schema import install

from bench.peers import adapter as bodies
from bench.peers.adapter import BURN, program, store_url


@job(queue="bench")
async def noop(number: int) -> None:
    """Tell that it began."""
    bodies.noop(number)


@job(queue="bench")
async def burn(number: int) -> None:
    """Use the processor."""
    await asyncio.to_thread(bodies.burn, number)


class ObanAdapter:
    """`oban start` with a limit of 50 jobs at once, `enqueue_many` for bulk."""

    settings = MappingProxyType(
        {
            "worker": "oban start --queues bench:50 (no-op) and bench:10 (5 ms, asyncio.to_thread)",
            "bulk": "enqueue_many with 1,000 jobs a call",
            "python": "3.12 or newer is needed, so its Python may not be that of the others",
        }
    )
    has_bulk = True

    def __init__(self) -> None:
        self._pool: Any = None
        self._oban: Any = None

    async def open(self) -> None:
        self._pool = await Oban.create_pool(store_url())
        async with self._pool.connection() as connection:
            found = await connection.execute("SELECT to_regclass('oban_jobs')")
            installed = (await found.fetchone())[0]
        if installed is None:
            await install(self._pool)
        self._oban = Oban(pool=self._pool)

    async def close(self) -> None:
        await self._pool.close()

    async def submit(self, work: str, number: int) -> None:
        await self._oban.enqueue(_new(work, number))

    async def submit_bulk(self, work: str, numbers: Sequence[int]) -> None:
        await self._oban.enqueue_many([_new(work, number) for number in numbers])

    async def unfinished(self) -> int | None:
        async with self._pool.connection() as connection:
            found = await connection.execute(
                "SELECT count(*) FROM oban_jobs"
                " WHERE state IN ('available', 'executing', 'retryable', 'scheduled')"
            )
            return int((await found.fetchone())[0])

    def worker(self, work: str) -> list[str]:
        limit = 10 if work == BURN else 50
        return [
            program("oban"),
            "start",
            "--dsn",
            store_url(),
            "--queues",
            f"bench:{limit}",
            "--log-level",
            "WARNING",
        ]


def _new(work: str, number: int) -> Any:  # noqa: ANN401 - a peer's own type
    return (burn if work == BURN else noop).new(number)


def adapter() -> ObanAdapter:
    """Return it."""
    return ObanAdapter()
