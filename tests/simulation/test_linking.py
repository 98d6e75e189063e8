"""Dependencies, batches and workflows whose parts crash anywhere: nobody stranded, nothing early or twice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pytest

from beltline.testing.simulation import Crashes, crash_once
from tests.simulation.broken_links import BROKEN_LINKS
from tests.simulation.linking import play
from tests.simulation.seeds import told

ITEMS: Final = 2
SEEDS: Final = 50
PROOF_SEEDS: Final = 5_000
# Each broken part is found within this many seeds.
FOUND_IN: Final = 20
STORY: Final = 11
# Here a body stores its last children and returns between two reads of who judges its batch.
JUDGED_EARLY: Final = 4_325
HOPS: Final = 400
PROCESSES: Final = ("worker-a", "submitter-a", "caretaker-a", "rescuer", "operator")


def _never(_process: str, _hop: int) -> bool:
    return False


@pytest.mark.parametrize("item", range(ITEMS))
def test_linked_jobs_end_as_they_must_whatever_crashes(item: int) -> None:
    _play_all(range(item, SEEDS, ITEMS))


@pytest.mark.proof
@pytest.mark.parametrize("item", range(20 * ITEMS))
def test_linked_jobs_end_as_they_must_for_many_more_seeds(item: int) -> None:
    _play_all(range(SEEDS + item, PROOF_SEEDS, 20 * ITEMS))


def test_a_parent_waits_for_children_that_come_while_it_is_judged() -> None:
    _play(JUDGED_EARLY, None)


@pytest.mark.parametrize("name", sorted(BROKEN_LINKS))
def test_a_broken_link_is_found(name: str) -> None:
    found = next((seed for seed in range(FOUND_IN) if play(seed, wrap=BROKEN_LINKS[name]).fault), None)

    assert found is not None


def test_the_story_itself_keeps_every_rule() -> None:
    assert play(STORY, crashes=_never).fault is None


@pytest.mark.parametrize("process", PROCESSES[:3])
def test_a_crash_at_some_hops_strands_nobody(process: str) -> None:
    _crash_everywhere(process, range(0, HOPS, 40))


@pytest.mark.proof
@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize("first", range(0, HOPS, 50))
def test_a_crash_at_every_hop_strands_nobody(process: str, first: int) -> None:
    _crash_everywhere(process, range(first, first + 50))


def _crash_everywhere(process: str, hops: Iterable[int]) -> None:
    for hop in hops:
        _play(STORY, crash_once(process, hop), process, hop)


def _play_all(seeds: range) -> None:
    for seed in seeds:
        _play(seed, None)


def _play(seed: int, crashes: Crashes | None, *crash: object) -> None:
    played = play(seed, crashes=crashes)
    if played.fault:
        text = told(seed, played, *crash).replace("-m tests.simulation", "-m tests.simulation linking")
        pytest.fail(text, pytrace=False)
