"""The scheduler itself: what a hop, a crash, a stall and a seed are."""

from __future__ import annotations

import random
from collections.abc import Coroutine
from functools import partial

from beltline.testing.simulation import Simulation, crash_at_random, crash_once


class Counter:
    """Coroutines that count, and tell in which order they did."""

    def __init__(self, simulation: Simulation, told: list[str], *, times: int = 5) -> None:
        self._simulation = simulation
        self._told = told
        self._times = times

    def start(self, incarnation: int) -> list[Coroutine[None, None, None]]:
        return [self._count(f"{incarnation}.{number}") for number in range(2)]

    async def _count(self, name: str) -> None:
        try:
            for n in range(self._times):
                await self._simulation.hop(partial(self._told.append, f"{name}:{n}"))
        finally:
            self._told.append(f"{name}:end")


def _run(seed: int, *, chance: float = 0.0, stall: float = 0.0) -> tuple[list[str], list[str]]:
    randomness = random.Random(seed)
    crashes = crash_at_random(randomness, chance)
    simulation = Simulation(randomness, crashes=crashes, stall_chance=stall)
    told: list[str] = []
    for name in ("a", "b"):
        simulation.spawn(name, Counter(simulation, told).start)
    simulation.run(lambda: False, most_hops=200)
    trace = list(simulation.trace)
    counted = list(told)
    simulation.close()
    return counted, trace


def test_equal_seeds_take_equal_turns() -> None:
    assert _run(3, chance=0.05, stall=0.05) == _run(3, chance=0.05, stall=0.05)


def test_seeds_differ_in_the_turns_they_take() -> None:
    assert len({tuple(_run(seed)[0]) for seed in range(10)}) == 10


def test_without_crashes_every_coroutine_comes_to_its_end() -> None:
    counted, _ = _run(1)

    assert sorted(counted) == sorted(
        2 * [f"0.{number}:{n}" for number in range(2) for n in (0, 1, 2, 3, 4, "end")]
    )


def test_a_crash_runs_nothing_more_and_starts_the_next_incarnation() -> None:
    simulation = Simulation(random.Random(1), crashes=crash_once("a", 3))
    told: list[str] = []
    simulation.spawn("a", Counter(simulation, told).start)

    simulation.run(lambda: False, most_hops=200)

    assert "0.0:end" not in told
    assert "0.1:end" not in told
    assert {"1.0:end", "1.1:end"} <= set(told)
    simulation.close()


def test_a_process_that_is_not_mortal_never_crashes() -> None:
    simulation = Simulation(random.Random(1), crashes=crash_at_random(random.Random(1), 1.0))
    told: list[str] = []
    simulation.spawn("a", Counter(simulation, told).start, mortal=False)

    assert not simulation.run(lambda: False, most_hops=200)

    assert {"0.0:end", "0.1:end"} <= set(told)


def test_a_stalled_process_lets_the_others_overtake_it() -> None:
    _, trace = _run(5, stall=0.3)

    assert any("stalls until" in line for line in trace)


def test_a_run_ends_as_soon_as_it_is_done() -> None:
    simulation = Simulation(random.Random(1))
    told: list[str] = []
    simulation.spawn("a", Counter(simulation, told).start)

    assert simulation.run(lambda: len(told) >= 3, most_hops=200)

    assert len(told) == 3
    simulation.close()
