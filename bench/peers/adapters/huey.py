"""Huey on Redis and on SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from huey import RedisHuey, SqliteHuey

from bench.peers import adapter as bodies
from bench.peers.adapter import BURN, program, store_url

ON_SQLITE: Final = store_url().startswith("sqlite")
huey: Final = (
    SqliteHuey("bench", filename=store_url().removeprefix("sqlite:///"), fsync=True, results=False)
    if ON_SQLITE
    else RedisHuey("bench", url=store_url(), results=False)
)


@huey.task()
def noop(number: int) -> None:
    """Tell that it began."""
    bodies.noop(number)


@huey.task()
def burn(number: int) -> None:
    """Use the processor."""
    bodies.burn(number)


class HueyAdapter:
    """The consumer with threads; one thread is the quickest for bodies that hold the interpreter."""

    settings = MappingProxyType(
        {
            "worker": (
                "huey_consumer -k thread -w 1 -n (no periodic tasks); -d 0.01 on SQLite (polling), "
                "blocking pop on Redis"
            ),
            "results": "off (results=False), as the guide advises where none are read",
            "durability": "SQLite: WAL, fsync=True (synchronous FULL); Redis: as the server is set",
            "bulk": "none: one call a job",
        }
    )
    has_bulk = False

    async def open(self) -> None:
        huey.pending_count()

    async def close(self) -> None:
        huey.storage.close()

    async def submit(self, work: str, number: int) -> None:
        (burn if work == BURN else noop)(number)

    async def submit_bulk(self, work: str, numbers: Sequence[int]) -> None:
        task = burn if work == BURN else noop
        for number in numbers:
            task(number)

    async def unfinished(self) -> int | None:
        # A job leaves the queue before its body begins, so this says nothing of running ones.
        return None

    def worker(self, work: str) -> list[str]:
        command = [program("huey_consumer"), f"{__name__}.huey", "-k", "thread", "-w", "1", "-n", "-q"]
        return [*command, "-d", "0.01", "-m", "0.01"] if ON_SQLITE else command


def adapter() -> HueyAdapter:
    """Return it."""
    return HueyAdapter()
