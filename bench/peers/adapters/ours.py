"""Beltline itself, on either store, as a user runs it."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from beltline.client.beltline import Beltline
from beltline.core.states import FINAL
from bench.peers import adapter as bodies
from bench.peers.adapter import BURN, store_url

belt = Beltline(store_url())
# Bodies that use the processor hinder each other in many threads; some jobs are claimed ahead of theirs.
PLACES: Final = MappingProxyType(
    {
        bodies.NOOP: ("--concurrency", "1000"),
        bodies.BURN: ("--concurrency", "16", "--threads", "2"),
    }
)


@belt.job(version="bench")
async def noop(number: int) -> None:
    """Tell that it began."""
    bodies.noop(number)


@belt.job(version="bench")
def burn(number: int) -> None:
    """Use the processor, in a thread."""
    bodies.burn(number)


class BeltlineAdapter:
    """One Beltline in this process, workers by the command line."""

    settings = MappingProxyType(
        {
            "worker": (
                "beltline work --concurrency 1000 (no-op), 16 and --threads 2 (5 ms); one process each"
            ),
            "durability": (
                "the database's own safe setting: PostgreSQL as it is set, SQLite synchronous FULL"
            ),
            "kept": "history, attempts, results, roll-ups: everything on, as installed",
        }
    )
    has_bulk = True

    async def open(self) -> None:
        await belt.open()

    async def close(self) -> None:
        await belt.close()

    async def submit(self, work: str, number: int) -> None:
        await self._handle(work).submit(number=number)

    async def submit_bulk(self, work: str, numbers: Sequence[int]) -> None:
        await self._handle(work).submit_many({"number": number} for number in numbers)

    async def unfinished(self) -> int | None:
        counts = await belt.store.reads.counts(belt.namespace)
        return sum(row.jobs for row in counts if row.state not in FINAL)

    def worker(self, work: str) -> list[str]:
        return [
            "-m",
            "beltline.cli",
            "work",
            __file__,
            "--store",
            store_url(),
            *PLACES[work],
        ]

    @staticmethod
    def _handle(work: str):  # type: ignore[no-untyped-def]  # noqa: ANN205 - both jobs have one shape
        return burn if work == BURN else noop


def adapter() -> BeltlineAdapter:
    """Return it."""
    return BeltlineAdapter()
