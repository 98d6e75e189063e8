"""RQ on Redis."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

from redis import Redis
from rq import Queue
from rq.registry import StartedJobRegistry

from bench.peers import adapter as bodies
from bench.peers.adapter import BURN, program, store_url

MODULE: Final = "bench.peers.adapters.rq"


def noop(number: int) -> None:
    """Tell that it began."""
    bodies.noop(number)


def burn(number: int) -> None:
    """Use the processor."""
    bodies.burn(number)


class RqAdapter:
    """SimpleWorker, which runs bodies in its own process; the default forks for each."""

    settings = MappingProxyType(
        {
            "worker": (
                "rq worker -w rq.SimpleWorker -q; the default Worker forks a process a job and does a "
                "tenth of it"
            ),
            "results": "result_ttl=0",
            "bulk": "enqueue_many with 1,000 jobs a call",
        }
    )
    has_bulk = True

    def __init__(self) -> None:
        self._queue: Any = None

    async def open(self) -> None:
        self._queue = Queue("bench", connection=Redis.from_url(store_url()))
        self._queue.connection.ping()

    async def close(self) -> None:
        self._queue.connection.close()

    async def submit(self, work: str, number: int) -> None:
        self._queue.enqueue(f"{MODULE}.{work}", number, result_ttl=0)

    async def submit_bulk(self, work: str, numbers: Sequence[int]) -> None:
        body = burn if work == BURN else noop
        self._queue.enqueue_many(
            [Queue.prepare_data(f"{MODULE}.{body.__name__}", (number,), result_ttl=0) for number in numbers]
        )

    async def unfinished(self) -> int | None:
        return int(len(self._queue) + StartedJobRegistry(queue=self._queue).count)

    def worker(self, work: str) -> list[str]:
        del work
        return [program("rq"), "worker", "-u", store_url(), "-w", "rq.SimpleWorker", "-q", "bench"]


def adapter() -> RqAdapter:
    """Return it."""
    return RqAdapter()
