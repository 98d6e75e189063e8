"""The simulation can fail: each of these faults is found, and soon."""

from __future__ import annotations

from typing import Final

import pytest

from tests.simulation.broken import BROKEN
from tests.simulation.seeds import play

SEEDS: Final = 200


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_broken_part_is_found(name: str) -> None:
    found = next((seed for seed in range(SEEDS) if play(seed, wrap=BROKEN[name]).fault), None)

    assert found is not None
