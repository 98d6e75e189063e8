"""One story, told once without trouble, then once for each of its hops with a crash just there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pytest

from beltline.testing.simulation import crash_once
from tests.simulation.seeds import play, told

SEED: Final = 11
HOPS: Final = 400
SHARE: Final = 40
PROOF_SEEDS: Final = range(100, 105)


def _never(_process: str, _hop: int) -> bool:
    return False


def test_the_story_itself_keeps_every_rule() -> None:
    assert play(SEED, crashes=_never).fault is None


@pytest.mark.parametrize("process", ["worker-a", "submitter-a", "rescuer-a", "housekeeper-a", "operator"])
def test_a_crash_at_any_hop_breaks_no_rule(process: str) -> None:
    _crash_everywhere(SEED, process, range(0, HOPS, 8))


@pytest.mark.proof
@pytest.mark.parametrize("seed", PROOF_SEEDS)
@pytest.mark.parametrize("process", ["worker-a", "submitter-a", "rescuer-a", "housekeeper-a", "operator"])
@pytest.mark.parametrize("first", range(0, HOPS, SHARE))
def test_a_crash_at_every_hop_of_many_stories_breaks_no_rule(process: str, seed: int, first: int) -> None:
    _crash_everywhere(seed, process, range(first, first + SHARE))


def _crash_everywhere(seed: int, process: str, hops: Iterable[int]) -> None:
    for hop in hops:
        played = play(seed, crashes=crash_once(process, hop))
        if played.fault:
            pytest.fail(told(seed, played, process, hop), pytrace=False)
