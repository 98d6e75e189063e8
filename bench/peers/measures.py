"""The measures, each in a place of its own. Every one returns its figures by name."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

from beltline.proof.footprint import cpu_seconds, pss_mb
from bench.peers.adapter import BURN, NOOP
from bench.peers.catalog import Needs, Peer
from bench.peers.link import Driver, PeerFailed, Scene, Workers, driver, pause, workers
from bench.peers.servers import Servers, analyze

LOOK_S: Final = 0.002
SLOW_LOOK_S: Final = 0.05
START_LIMIT_S: Final = 60.0
SETTLE_S: Final = 2.0
# A store is filled for as long as it takes to drain it several times over; beyond that it is not worth it.
FILL_LIMITS: Final = 8

Figures: TypeAlias = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much of everything; the same for every peer."""

    singles: int = 2_000
    jobs: int = 10_000
    large: int = 50_000
    burns: int = 1_000
    pickups: int = 200
    pickup_pause_s: float = 0.05
    idle_s: float = 5.0
    killed: int = 600
    limit_s: float = 10.0
    kill_wait_s: float = 90.0


@dataclass(frozen=True, slots=True)
class Bench:
    """One peer, ready to be measured."""

    peer: Peer
    python: Path
    servers: Servers
    sizes: Sizes

    @contextmanager
    def scene(self) -> Iterator[Driver]:
        """Yield the driver of an empty place."""
        with (
            TemporaryDirectory(prefix="beltline-bench-") as folder,
            self.servers.place(self.peer.needs) as place,
            driver(Scene(self.python, self.peer.module, place, Path(folder))) as found,
        ):
            yield found

    def ready(self, by: Driver) -> None:
        """Do what makes a store that was just filled like one that is in use."""
        if self.peer.needs is Needs.POSTGRESQL:
            analyze(by.scene.place.url)


Measure: TypeAlias = Callable[[Bench], Figures]


def submit(bench: Bench) -> Figures:
    """Submit one job after the other."""
    with bench.scene() as by:
        done = by.ask(do="submit", work=NOOP, first=0, jobs=bench.sizes.singles, limit_s=bench.sizes.limit_s)
        return {"submit_per_s": done["jobs"] / done["seconds"]}


def drain(jobs: Callable[[Sizes], int], name: str, number: int, *, work: str = NOOP) -> Measure:
    """Return the measure of a bulk submit, and a drain with so many workers."""

    def measure(bench: Bench) -> Figures:
        wanted = jobs(bench.sizes)
        with bench.scene() as by:
            limit_s = FILL_LIMITS * bench.sizes.limit_s
            filled = by.ask(do="bulk", work=work, first=0, jobs=wanted, limit_s=limit_s)
            if filled["jobs"] < wanted:
                raise PeerFailed(f"submitting {wanted:,} jobs took more than {limit_s:.0f} s")
            bench.ready(by)
            figures = {} if work == BURN else {"bulk_per_s": wanted / filled["seconds"]}
            if not by.opened["has_bulk"]:
                figures.clear()
            with workers(by.scene, by.opened["workers"][work], number) as them:
                rate, is_cut = _drained(by, them, wanted, bench.sizes.limit_s)
                return figures | {f"{name}_{number}_per_s": rate, f"{name}_{number}_cut": float(is_cut)}

    return measure


def idle(bench: Bench) -> Figures:
    """Start one worker with one job queued, then give it one job now and then, then none."""
    sizes = bench.sizes
    with bench.scene() as by:
        by.ask(do="submit", work=NOOP, first=0, jobs=1, limit_s=sizes.limit_s)
        with workers(by.scene, by.opened["workers"][NOOP], 0) as them:
            spawned = time.time_ns()
            process = them.start()
            await_runs(by.scene, them, 1, START_LIMIT_S)
            figures: Figures = {"start_s": (by.scene.runs()[0].at - spawned) / 1e9}
            pause(SETTLE_S)
            stamps = by.ask(do="pace", work=NOOP, first=1, jobs=sizes.pickups, pause_s=sizes.pickup_pause_s)
            await_runs(by.scene, them, 1 + sizes.pickups, START_LIMIT_S)
            figures |= _pickups(by.scene, stamps["stamps"])
            pause(SETTLE_S)
            before = cpu_seconds(process.pid)
            pause(sizes.idle_s)
            used = cpu_seconds(process.pid) - before
            return figures | {"idle_cpu_percent": 100 * used / sizes.idle_s, "idle_mb": pss_mb(process.pid)}


def kill(bench: Bench) -> Figures:
    """Kill a worker in the middle of its work, start another, and count what is missing or doubled."""
    sizes = bench.sizes
    with bench.scene() as by:
        by.ask(do="bulk", work=BURN, first=0, jobs=sizes.killed, limit_s=sizes.limit_s)
        bench.ready(by)
        with workers(by.scene, by.opened["workers"][BURN], 1) as them:
            await_runs(by.scene, them, max(1, sizes.killed // 4), START_LIMIT_S)
            them.kill()
            killed_at = time.time_ns()
            before = {run.number for run in by.scene.runs()}
            them.start()
            return _recovered(by, them, sizes, killed_at) | {"kill_done_before": len(before)}


def is_settled(name: str, rounds: Sequence[Figures]) -> bool:
    """Whether more rounds say nothing new: jobs that were lost for all of a long wait stay so."""
    return name == "kill" and any(figures["kill_missing"] for figures in rounds)


MEASURES: Final[Mapping[str, Measure]] = {
    "submit": submit,
    "drain_1": drain(lambda sizes: sizes.jobs, "drain", 1),
    "drain_2": drain(lambda sizes: sizes.jobs, "drain", 2),
    "idle": idle,
    "burn_1": drain(lambda sizes: sizes.burns, "burn", 1, work=BURN),
    "burn_2": drain(lambda sizes: sizes.burns, "burn", 2, work=BURN),
    "kill": kill,
    "large_1": drain(lambda sizes: sizes.large, "large", 1),
    "large_2": drain(lambda sizes: sizes.large, "large", 2),
}


def _drained(by: Driver, them: Workers, jobs: int, limit_s: float) -> tuple[float, bool]:
    """Jobs a second from the first body to the moment when the store holds no unfinished job.

    A drain that takes longer than the limit is cut there: then it is the rate until then. Return whether it
    was.
    """
    scene = by.scene
    until = time.monotonic() + START_LIMIT_S
    while not scene.count():
        _look(them, until)
    until = time.monotonic() + limit_s
    while scene.count() < jobs and time.monotonic() < until:
        _look(them, until + 1)
    left: int | None = 1
    end = 0
    while scene.count() >= jobs and left and time.monotonic() < until:
        answer = by.ask(do="unfinished")
        left, end = answer["unfinished"], answer["at"]
        pause(LOOK_S)
    runs = scene.runs()
    if left != 0:
        end = max(run.at for run in runs)
    done = len({run.number for run in runs})
    if done < 2 or end <= runs[0].at:  # noqa: PLR2004 - a rate needs two
        raise PeerFailed(f"only {done} of {jobs} jobs ran within {limit_s:.0f} s")
    return done / (end - min(run.at for run in runs)) * 1e9, done < jobs


def await_runs(scene: Scene, them: Workers, number: int, limit_s: float) -> None:
    """Return when so many bodies were run. Raises PeerFailed at the limit or where the workers end."""
    until = time.monotonic() + limit_s
    while scene.count() < number:
        _look(them, until)


def _look(them: Workers, until: float) -> None:
    pause(LOOK_S)
    if time.monotonic() > until:
        raise PeerFailed(f"{them.scene.count()} jobs ran in time; the worker said: {_said(them)}")
    them.check()


def _said(them: Workers) -> str:
    text = them.log.read_text("utf-8", "replace") if them.log.exists() else ""
    return " ".join(text.split())[-200:] or "nothing"


def _pickups(scene: Scene, stamps: list[int]) -> Figures:
    """From the start of the submit call to the start of the body, in ms."""
    began = {run.number: run.at for run in reversed(scene.runs())}
    waits = [(began[number] - stamp) / 1e6 for number, stamp in enumerate(stamps, 1) if number in began]
    cuts = statistics.quantiles(waits, n=100, method="inclusive")
    return {"pickup_p50_ms": cuts[49], "pickup_p95_ms": cuts[94], "pickup_p99_ms": cuts[98]}


def _recovered(by: Driver, them: Workers, sizes: Sizes, killed_at: int) -> Figures:
    """What was missing and what was done twice when nothing was left, or at the end of the wait."""
    until = time.monotonic() + sizes.kill_wait_s
    complete = False
    while time.monotonic() < until:
        them.check()
        runs = by.scene.runs()
        complete = len({run.number for run in runs}) == sizes.killed
        if complete and not by.ask(do="unfinished")["unfinished"]:
            break
        pause(SLOW_LOOK_S)
    runs = by.scene.runs()
    first: dict[int, int] = {}
    for run in runs:
        first[run.number] = min(run.at, first.get(run.number, run.at))
    figures: Figures = {
        "kill_missing": sizes.killed - len(first),
        "kill_repeated": len(runs) - len(first),
    }
    if complete:
        figures["kill_recovery_s"] = (max(first.values()) - killed_at) / 1e9
    return figures
