"""A thousand seeds at each `make test`, twenty thousand at `make proof`; each item takes a share of them."""

from __future__ import annotations

from typing import Final

import pytest

from tests.simulation.seeds import play, told

ITEMS: Final = 20
SEEDS: Final = 1_000
PROOF_SEEDS: Final = 20_000


@pytest.mark.parametrize("item", range(ITEMS))
def test_every_rule_holds_whatever_crashes(item: int) -> None:
    _play_all(range(item, SEEDS, ITEMS))


@pytest.mark.proof
@pytest.mark.parametrize("item", range(10 * ITEMS))
def test_every_rule_holds_for_many_more_seeds(item: int) -> None:
    _play_all(range(SEEDS + item, PROOF_SEEDS, 10 * ITEMS))


def _play_all(seeds: range) -> None:
    for seed in seeds:
        played = play(seed)
        if played.fault:
            pytest.fail(told(seed, played), pytrace=False)
