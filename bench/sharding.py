"""How far several PostgreSQL servers carry, as a discrete-event simulation: `python -m bench.sharding`.

Namespaces of unequal load are placed on servers, whole. A server serves statements on a few lanes, first
come, first served; each takes as long as was measured for a batch of its size, give or take. Submits arrive
by chance, workers claim what is ready, settle it, and claim again. The question is where waits bend.
"""

from __future__ import annotations

import heapq
import json
import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, pairwise
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, Final

import click

from bench.peers.results import RESULTS

Times = Mapping[str, Mapping[str, float]]

# Stands in until `make bench-scale` has run: ms for a batch on PostgreSQL. Claim and settle of 500 are as
# measured, statement by statement, on a quick machine; the rest is estimated.
STAND_IN: Final[Times] = MappingProxyType(
    {
        "submit": {"1": 0.6, "10": 0.8, "100": 2.7, "500": 10.0},
        "claim": {"1": 0.6, "10": 0.8, "100": 2.0, "500": 6.5},
        "settle": {"1": 0.7, "10": 0.9, "100": 2.2, "500": 7.4},
    }
)
SPREAD: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One simulated installation.

    `skew` is the exponent of the namespaces' loads: 0 is even, 1 is Zipf's.

    `submit_batch` jobs come in each submit; a worker claims up to `claim_batch`. Bodies cost no server time.
    """

    servers: int
    rate: float = 1_000.0
    namespaces: int = 200
    skew: float = 1.0
    by_weight: bool = True
    lanes: int = 2
    workers: int = 4
    submit_batch: int = 10
    claim_batch: int = 100
    seconds: float = 5.0
    seed: int = 1


@dataclass(slots=True)
class Server:
    """One PostgreSQL: lanes that are free, statements that wait, jobs that are ready (when they arrived)."""

    free: int
    idle_workers: int
    waiting: deque[tuple[float, Callable[[float], None]]] = field(default_factory=deque)
    ready: deque[float] = field(default_factory=deque)


class Simulation:
    """Runs a plan; the same plan gives the same figures."""

    def __init__(self, plan: Plan, times: Times) -> None:
        self._plan = plan
        self._random = Random(plan.seed)
        self._times = {
            verb: sorted((int(size), ms / 1e3) for size, ms in found.items()) for verb, found in times.items()
        }
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._numbers = count()
        self._servers = [Server(plan.lanes, plan.workers) for _ in range(plan.servers)]
        self.waits: list[float] = []
        self.submitted = 0

    def run(self) -> dict[str, float]:
        """Return p50 and p99 of the wait from submit to claim in ms, and the share of jobs claimed."""
        shares = loads(self._plan)
        for server, share in zip(self._servers, shares, strict=True):
            if share:
                self._arrive(server, self._plan.rate * share / self._plan.submit_batch, 0.0)
        while self._events and self._events[0][0] < self._plan.seconds:
            at, _, event = heapq.heappop(self._events)
            event(at)
        found = sorted(self.waits) or [math.inf]
        return {
            "p50_ms": 1e3 * found[len(found) // 2],
            "p99_ms": 1e3 * found[len(found) * 99 // 100],
            "claimed": len(self.waits) / max(1, self.submitted),
        }

    def _at(self, moment: float, event: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (moment, next(self._numbers), event))

    def _arrive(self, server: Server, batches_per_s: float, now: float) -> None:
        """Submit a batch, and come back by chance."""

        def stored(at: float) -> None:
            server.ready.extend([now] * self._plan.submit_batch)
            self._wake(server, at)

        if now:
            self.submitted += self._plan.submit_batch
            self._serve(server, now, self._time("submit", self._plan.submit_batch), stored)
        pause = self._random.expovariate(batches_per_s)
        self._at(now + pause, lambda at: self._arrive(server, batches_per_s, at))

    def _wake(self, server: Server, now: float) -> None:
        if server.ready and server.idle_workers:
            server.idle_workers -= 1
            self._claim(server, now)

    def _claim(self, server: Server, now: float) -> None:
        """One round of a worker: claim what is ready, settle it, look again."""
        size = min(len(server.ready), self._plan.claim_batch)
        if not size:
            server.idle_workers += 1
            return
        arrived = [server.ready.popleft() for _ in range(size)]

        def claimed(at: float) -> None:
            self.waits.extend(at - moment for moment in arrived)
            self._serve(server, at, self._time("settle", size), lambda later: self._claim(server, later))

        self._serve(server, now, self._time("claim", size), claimed)

    def _serve(self, server: Server, now: float, seconds: float, then: Callable[[float], None]) -> None:
        """Take a lane, or wait for one."""
        if not server.free:
            server.waiting.append((seconds, then))
            return
        server.free -= 1

        def done(at: float) -> None:
            server.free += 1
            if server.waiting:
                next_seconds, next_then = server.waiting.popleft()
                self._serve(server, at, next_seconds, next_then)
            then(at)

        self._at(now + seconds, done)

    def _time(self, verb: str, size: int) -> float:
        """The measured time of a batch, between the measured sizes in a straight line, give or take."""
        points = self._times[verb]
        (low, first), (high, second) = next(
            ((a, b) for a, b in pairwise(points) if size <= b[0]),
            (points[-2], points[-1]),
        )
        measured = first + (second - first) * (size - low) / (high - low)
        return measured * self._random.uniform(1 - SPREAD, 1 + SPREAD)


def loads(plan: Plan) -> list[float]:
    """Return each server's share of the load: namespaces are whole, the heaviest first.

    By weight, each goes to the server that has least; else to one by chance, as a hash of its name does.
    """
    weights = [1 / (rank**plan.skew) for rank in range(1, plan.namespaces + 1)]
    total = sum(weights)
    random = Random(plan.seed)
    found = [0.0] * plan.servers
    for weight in weights:
        chosen = found.index(min(found)) if plan.by_weight else random.randrange(plan.servers)
        found[chosen] += weight / total
    return found


def bend(plan: Plan, times: Times, *, limit_ms: float = 100.0, steps: int = 9) -> float:
    """Return the highest rate, to a few per cent, at which p99 keeps the limit and nothing piles up."""
    low, high = 0.0, 40_000.0 * plan.servers
    for _ in range(steps):
        rate = (low + high) / 2
        found = Simulation(replace(plan, rate=rate), times).run()
        kept_up = found["p99_ms"] <= limit_ms and found["claimed"] > 0.97  # noqa: PLR2004 - the rest is under way
        low, high = (rate, high) if kept_up else (low, rate)
    return low


def curve(plan: Plan, times: Times, capacity: float) -> Iterator[dict[str, float]]:
    """Yield p50 and p99 at rates up to a little over the capacity."""
    for share in (0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0, 1.05):
        found = Simulation(replace(plan, rate=capacity * share), times).run()
        yield {
            "share": share,
            "rate": round(capacity * share),
            **{name: round(value, 3) for name, value in found.items()},
        }


def study(times: Times, source: str, *, servers: Sequence[int], seconds: float) -> dict[str, Any]:
    """Return the bends for each number of servers and way of placing, and the curve of one server."""
    rows = []
    for number in servers:
        row: dict[str, Any] = {"servers": number}
        for name, changes in WAYS.items():
            plan = replace(Plan(servers=number, seconds=seconds), **changes)
            row[name] = round(bend(plan, times))
            row[f"{name}_largest"] = round(max(loads(plan)), 3)
        rows.append(row)
    one = Plan(servers=1, seconds=seconds)
    return {
        "source": source,
        "service_ms": {verb: dict(found) for verb, found in times.items()},
        "bends": rows,
        "curve": list(curve(one, times, rows[0]["weight"])),
    }


WAYS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "even": {"skew": 0.0},
        "weight": {"skew": 1.0},
        "hash": {"skew": 1.0, "by_weight": False},
    }
)


def measured(results: Path) -> tuple[Times, str]:
    """Return the measured service times, or what stands in for them, and where they are from."""
    file = results / "scale-postgresql.json"
    if file.exists():
        found = json.loads(file.read_text("utf-8"))
        return found["service_ms"], f"measured by `make bench-scale` at commit `{found['commit']}`"
    return STAND_IN, "estimates that stand in until `make bench-scale` has run"


@click.command()
@click.option("--seconds", default=5.0, show_default=True, help="Simulated seconds of each run.")
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=RESULTS,
    help="Folder of the JSON files.",
    metavar="DIR",
)
def main(*, seconds: float, results: Path) -> None:
    """Simulate one to sixteen servers and keep where their waits bend."""
    times, source = measured(results)
    found = study(times, source, servers=(1, 2, 4, 8, 16), seconds=seconds)
    (results / "sharding.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    click.echo(json.dumps(found["bends"], indent=1))


if __name__ == "__main__":
    main()
