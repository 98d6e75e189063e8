"""The curves: one drain after another, of a store that is fuller each time."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from beltline.client.beltline import Beltline
from beltline.proof import bench_app
from beltline.proof.size import drain
from bench.peers.catalog import OURS, Needs, Peer
from bench.peers.environments import interpreter
from bench.peers.measures import Bench, Sizes, drain as drained
from bench.peers.servers import Servers
from bench.scale.fill import NAMESPACE, Say, fill
from bench.scale.sessions import claiming, service_times, warming

CONCURRENCY: Final = 2_000
PROCESSES_LIMIT_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How far each curve goes."""

    jobs: int = 20_000
    rounds: int = 3
    kept: tuple[int, ...] = (10_000, 100_000, 1_000_000, 10_000_000)
    queued: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)
    sessions: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    queues: tuple[int, ...] = (1, 10, 100, 1_000, 10_000)
    processes: tuple[int, ...] = (1, 2, 4)
    # The start of a process takes 0.4 s of a processor: it must not be what is measured.
    process_jobs: int = 200_000


@dataclass(slots=True)
class Filled:
    """A store that only grows; copies are numbered so that no id comes twice."""

    url: str
    say: Say
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1, 100_000_000))

    async def submit(self) -> None:
        """Submit one job: the row that is copied."""
        async with Beltline(self.url, namespace=NAMESPACE) as belt:
            noop = belt.job(bench_app.noop.definition.handler, version="bench")
            await noop.submit(number=0, name="bench")

    def keep(self, rows: int) -> None:
        """Have one job finish, and copies of it."""
        asyncio.run(self.submit())
        drain(self.url, NAMESPACE, CONCURRENCY)
        fill(self.url, "history", rows, first=next(self.numbers), say=self.say)

    def queue(self, rows: int, queues: int = 1) -> None:
        """Have one job queued, and copies of it."""
        asyncio.run(self.submit())
        fill(self.url, "jobs", rows - 1, first=next(self.numbers), queues=queues, say=self.say)

    def drain(self, most: int) -> float:
        """Drain some of them."""
        return drain(self.url, NAMESPACE, CONCURRENCY, most=most)


@dataclass(slots=True)
class Curves:
    """Measures on one kind of store.

    A point is `x`, its rates, and the rates of an empty store, taken in turn with them.
    """

    needs: Needs
    servers: Servers
    extent: Extent
    say: Say

    def kept(self) -> Iterator[dict[str, Any]]:
        """Drain after so many finished jobs are kept."""
        with self._filled() as store:
            before = 0
            for size in self.extent.kept:
                store.keep(size - before)
                before = size
                yield self._beside(size, lambda: self._fill_and_drain(store))

    def queued(self) -> Iterator[dict[str, Any]]:
        """Drain in front of so many queued jobs, which stay."""
        with self._filled() as store:
            before = 0
            for size in self.extent.queued:
                store.queue(size - before)
                before = size
                yield self._beside(size, lambda: self._fill_and_drain(store))

    def queues(self) -> Iterator[dict[str, Any]]:
        """Drain jobs that lie in so many queues."""
        with self._filled() as store:
            for number in self.extent.queues:

                def once(number: int = number) -> float:
                    store.queue(self.extent.jobs, number)
                    return store.drain(0)

                yield self._beside(number, once)

    def sessions(self) -> Iterator[dict[str, Any]]:
        """Claim and settle with so many sessions."""
        with self._filled() as store:
            for number in self.extent.sessions:

                def once(number: int = number) -> float:
                    store.queue(self.extent.jobs + warming(number))
                    return asyncio.run(claiming(store.url, NAMESPACE, number, self.extent.jobs))

                yield _point(number, [once() for _ in range(self.extent.rounds)])

    def processes(self) -> Iterator[dict[str, Any]]:
        """Drain with so many worker processes, by the clocks of the bodies, as the peers are measured."""
        sizes = Sizes(jobs=self.extent.process_jobs, limit_s=PROCESSES_LIMIT_S)
        bench = Bench(self._peer(), interpreter(self._peer()), self.servers, sizes)
        for number in self.extent.processes:
            measure = drained(lambda sizes: sizes.jobs, "drain", number)
            rates = [measure(bench)[f"drain_{number}_per_s"] for _ in range(self.extent.rounds)]
            yield _point(number, rates)

    def service(self) -> dict[str, dict[str, float]]:
        """Return how long the store takes for each verb, by size of the batch."""
        with self.servers.place(self.needs) as place:
            return asyncio.run(service_times(place.url, NAMESPACE))

    def _peer(self) -> Peer:
        return next(peer for peer in OURS if peer.needs is self.needs)

    @contextmanager
    def _filled(self) -> Iterator[Filled]:
        with self.servers.place(self.needs) as place:
            yield Filled(place.url, self.say)

    def _fill_and_drain(self, store: Filled) -> float:
        """Drain as many as are submitted, so that what is queued stays as it was."""
        store.queue(self.extent.jobs)
        return store.drain(self.extent.jobs)

    def _beside(self, x: int, once: Callable[[], float]) -> dict[str, Any]:
        """Measure the full store and an empty one in turn: what the machine does meanwhile meets both."""
        rates, empty = [], []
        for _ in range(self.extent.rounds):
            with self._filled() as other:
                empty.append(self._fill_and_drain(other))
            rates.append(once())
        return _point(x, rates, empty)


def _point(x: int, rates: list[float], empty: list[float] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "x": x,
        "per_s": round(median(rates), 1),
        "rounds": [round(rate, 1) for rate in rates],
    }
    if empty:
        found |= {
            "empty_per_s": round(median(empty), 1),
            "empty_rounds": [round(rate, 1) for rate in empty],
            "ratio": round(median(rates) / median(empty), 3),
        }
    return found


CURVES: Final = ("kept", "queued", "sessions", "queues", "processes")
