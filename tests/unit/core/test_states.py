from __future__ import annotations

from itertools import product

import pytest

from beltline.core.errors import InvalidTransition
from beltline.core.states import (
    DEAD,
    FINAL,
    PAUSABLE,
    TRANSITIONS,
    JobEvent,
    JobState,
    require,
    targets,
)


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        TRANSITIONS[JobState.QUEUED, JobEvent.CLAIM] = frozenset()  # type: ignore[index]


def test_every_event_is_possible_somewhere() -> None:
    assert {event for _, event in TRANSITIONS} == set(JobEvent)


def test_every_state_but_the_first_ones_is_reached() -> None:
    first = {JobState.WAITING, JobState.SCHEDULED, JobState.QUEUED}

    reached = {target for ends in TRANSITIONS.values() for target in ends}

    assert reached | first == set(JobState)


def test_only_a_claim_starts_a_run() -> None:
    starts = {
        (state, event)
        for (state, event), ends in TRANSITIONS.items()
        if JobState.RUNNING in ends and state is not JobState.RUNNING
    }

    assert starts == {(JobState.QUEUED, JobEvent.CLAIM)}


@pytest.mark.parametrize("state", sorted(FINAL - DEAD))
def test_success_and_cancellation_are_left_by_nothing(state: JobState) -> None:
    assert not any(targets(state, event) for event in JobEvent)


@pytest.mark.parametrize("state", sorted(DEAD))
def test_a_dead_letter_is_only_replayed_or_discarded(state: JobState) -> None:
    possible = {event: targets(state, event) for event in JobEvent if targets(state, event)}

    again = {JobState.QUEUED, JobState.WAITING}
    assert possible == {JobEvent.REPLAY: again, JobEvent.DISCARD: {state}}


@pytest.mark.parametrize("state", sorted(set(JobState) - FINAL))
def test_every_unfinished_job_can_be_cancelled(state: JobState) -> None:
    assert JobState.CANCELLED in targets(state, JobEvent.CANCEL)


@pytest.mark.parametrize("state", sorted(set(JobState) - FINAL))
def test_every_unfinished_job_can_end(state: JobState) -> None:
    seen = {state}
    for _ in JobState:
        seen |= {
            target for at, event in product(seen, JobEvent) for target in TRANSITIONS.get((at, event), ())
        }

    assert seen >= FINAL


def test_what_can_be_paused_can_be_resumed_to_where_it_was() -> None:
    pausable = {state for state in JobState if JobState.PAUSED in targets(state, JobEvent.PAUSE)}

    assert pausable == PAUSABLE == targets(JobState.PAUSED, JobEvent.RESUME)


def test_a_move_that_is_not_in_the_table_has_no_target() -> None:
    assert targets(JobState.SUCCEEDED, JobEvent.CANCEL) == frozenset()


@pytest.mark.parametrize(("state", "event"), list(product(JobState, JobEvent)), ids=str)
def test_require_raises_exactly_where_the_table_has_no_move(state: JobState, event: JobEvent) -> None:
    if (state, event) in TRANSITIONS:
        require("job-1", state, event)
        return

    with pytest.raises(InvalidTransition) as caught:
        require("job-1", state, event)

    assert (caught.value.job_id, caught.value.state, caught.value.event) == ("job-1", state, event)
