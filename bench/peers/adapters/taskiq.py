"""taskiq on a Redis stream."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

from taskiq_redis import RedisStreamBroker

from bench.peers import adapter as bodies
from bench.peers.adapter import BURN, program, store_url

MODULE: Final = "bench.peers.adapters.taskiq"
broker: Final = RedisStreamBroker(store_url(), queue_name="bench")


@broker.task(task_name="noop")
async def noop(number: int) -> None:
    """Tell that it began."""
    bodies.noop(number)


@broker.task(task_name="burn")
async def burn(number: int) -> None:
    """Use the processor, in a thread."""
    await asyncio.to_thread(bodies.burn, number)


class TaskiqAdapter:
    """One worker process with a hundred jobs at once, the default, on uvloop."""

    settings = MappingProxyType(
        {
            "worker": (
                "taskiq worker -w 1, 100 async tasks (the default; 4 for the 5 ms job), uvloop, no result "
                "backend"
            ),
            "broker": "RedisStreamBroker, the one that acknowledges",
            "bulk": "none: one call a job",
        }
    )
    has_bulk = False

    async def open(self) -> None:
        await broker.startup()

    async def close(self) -> None:
        await broker.shutdown()

    async def submit(self, work: str, number: int) -> None:
        await _task(work).kiq(number)

    async def submit_bulk(self, work: str, numbers: Sequence[int]) -> None:
        task = _task(work)
        for number in numbers:
            await task.kiq(number)

    async def unfinished(self) -> int | None:
        # Done entries stay in the stream: only the acknowledgements of a group would tell.
        return None

    def worker(self, work: str) -> list[str]:
        most = "4" if work == BURN else "100"
        return [
            program("taskiq"),
            "worker",
            "-w",
            "1",
            "--max-async-tasks",
            most,
            "--log-level",
            "WARNING",
            f"{MODULE}:broker",
        ]


def _task(work: str) -> Any:  # noqa: ANN401 - a peer's own type
    return burn if work == BURN else noop


def adapter() -> TaskiqAdapter:
    """Return it."""
    return TaskiqAdapter()
