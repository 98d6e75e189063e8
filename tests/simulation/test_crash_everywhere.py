"""One story, told once without trouble, then once for each of its hops with a crash just there."""

from __future__ import annotations

from typing import Final

import pytest

from beltline.testing.simulation import crash_once
from tests.simulation.seeds import play, told

SEED: Final = 11
HOPS: Final = 400
PROOF_SEEDS: Final = range(100, 105)


def _never(_process: str, _hop: int) -> bool:
    return False


def test_the_story_itself_keeps_every_rule() -> None:
    assert play(SEED, crashes=_never).fault is None


@pytest.mark.parametrize("process", ["worker-a", "submitter-a", "rescuer-a", "housekeeper-a", "operator"])
def test_a_crash_at_any_hop_breaks_no_rule(process: str) -> None:
    _crash_everywhere(SEED, process, step=8)


@pytest.mark.proof
@pytest.mark.parametrize("seed", PROOF_SEEDS)
@pytest.mark.parametrize("process", ["worker-a", "submitter-a", "rescuer-a", "operator"])
def test_a_crash_at_every_hop_of_many_stories_breaks_no_rule(process: str, seed: int) -> None:
    _crash_everywhere(seed, process, step=1)


def _crash_everywhere(seed: int, process: str, *, step: int) -> None:
    for hop in range(0, HOPS, step):
        played = play(seed, crashes=crash_once(process, hop))
        if played.fault:
            pytest.fail(told(seed, played, process, hop), pytrace=False)
