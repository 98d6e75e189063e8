"""Schedulers and workers that crash, stall and lose replies: no tick twice, none lost, no overlap."""

from __future__ import annotations

import pytest

from tests.simulation.scheduling import play

ITEMS = 4
SEEDS = 20
PROOF_SEEDS = 2_000


@pytest.mark.parametrize("item", range(ITEMS))
def test_every_tick_becomes_one_thing_whatever_crashes(item: int) -> None:
    _play_all(range(item, SEEDS, ITEMS))


@pytest.mark.proof
@pytest.mark.parametrize("item", range(10 * ITEMS))
def test_every_tick_becomes_one_thing_for_many_more_seeds(item: int) -> None:
    _play_all(range(SEEDS + item, PROOF_SEEDS, 10 * ITEMS))


def _play_all(seeds: range) -> None:
    for seed in seeds:
        played = play(seed)
        if played.fault:
            end = "\n".join(played.trace[-40:])
            pytest.fail(f"seed {seed}: {played.fault}\nthe last hops:\n{end}", pytrace=False)
