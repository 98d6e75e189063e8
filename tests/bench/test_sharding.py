from __future__ import annotations

from dataclasses import replace

import pytest

from bench.sharding import STAND_IN, Plan, Simulation, bend, loads


def test_a_plan_gives_the_same_figures_each_time() -> None:
    plan = Plan(servers=2, rate=5_000, seconds=0.5)

    first, second = Simulation(plan, STAND_IN).run(), Simulation(plan, STAND_IN).run()

    assert first == second
    assert first["claimed"] > 0.9


def test_shares_of_the_load_add_up_and_weight_spreads_better_than_chance() -> None:
    plan = Plan(servers=8)

    by_weight, by_hash = loads(plan), loads(replace(plan, by_weight=False))

    assert sum(by_weight) == pytest.approx(1)
    assert sum(by_hash) == pytest.approx(1)
    assert max(by_weight) < max(by_hash)


def test_waits_grow_with_the_load_and_a_backlog_is_seen() -> None:
    calm = Simulation(Plan(servers=1, rate=2_000, seconds=0.5), STAND_IN).run()
    flooded = Simulation(Plan(servers=1, rate=60_000, seconds=0.5), STAND_IN).run()

    assert calm["p99_ms"] < 10 < flooded["p99_ms"]
    assert flooded["claimed"] < 0.9 < calm["claimed"]


def test_even_loads_bend_at_twice_the_rate_on_two_servers() -> None:
    one = bend(Plan(servers=1, skew=0, seconds=1), STAND_IN, steps=7)
    two = bend(Plan(servers=2, skew=0, seconds=1), STAND_IN, steps=7)

    assert two == pytest.approx(2 * one, rel=0.15)
