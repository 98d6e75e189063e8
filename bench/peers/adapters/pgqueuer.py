"""pgqueuer on PostgreSQL, through asyncpg."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]
import uvloop
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver, AsyncpgPoolDriver
from pgqueuer.models import Job
from pgqueuer.queries import Queries

from bench.peers import adapter as bodies
from bench.peers.adapter import NOOP, script, store_url

MODULE: Final = "bench.peers.adapters.pgqueuer"


class PgqueuerAdapter:
    """`PgQueuer.run` with claims of a hundred, as its benchmark page uses it."""

    settings = MappingProxyType(
        {
            "worker": (
                "PgQueuer.run(batch_size=100) on an asyncpg pool and uvloop, batch_size=10 and "
                "asyncio.to_thread (as it advises) for the 5 ms job; from Python, not `pgq run`"
            ),
            "tables": "durable (the default), with its log of every job",
            "bulk": "enqueue with lists of 1,000",
        }
    )
    has_bulk = True

    def __init__(self) -> None:
        self._connection: Any = None
        self._queries: Any = None

    async def open(self) -> None:
        self._connection = await asyncpg.connect(store_url())
        self._queries = Queries(AsyncpgDriver(self._connection))
        if not await self._queries.has_table("pgqueuer"):
            await self._queries.install()

    async def close(self) -> None:
        await self._connection.close()

    async def submit(self, work: str, number: int) -> None:
        await self._queries.enqueue([work], [b"%d" % number], [0])

    async def submit_bulk(self, work: str, numbers: Sequence[int]) -> None:
        count = len(numbers)
        await self._queries.enqueue([work] * count, [b"%d" % number for number in numbers], [0] * count)

    async def unfinished(self) -> int | None:
        return int(await self._connection.fetchval("SELECT count(*) FROM pgqueuer"))

    def worker(self, work: str) -> list[str]:
        return [*script(MODULE), "100" if work == NOOP else "10"]


def adapter() -> PgqueuerAdapter:
    """Return it."""
    return PgqueuerAdapter()


async def _work(batch: int) -> None:
    async with asyncpg.create_pool(store_url(), min_size=2, max_size=10) as pool:
        queuer = PgQueuer(AsyncpgPoolDriver(pool))

        @queuer.entrypoint("noop")
        async def noop(job: Job) -> None:
            bodies.noop(int(job.payload or b"0"))

        @queuer.entrypoint("burn")
        async def burn(job: Job) -> None:
            await asyncio.to_thread(bodies.burn, int(job.payload or b"0"))

        await queuer.run(batch_size=batch)


if __name__ == "__main__":
    import sys

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(int(sys.argv[1])))
