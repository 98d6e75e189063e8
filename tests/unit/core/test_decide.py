from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, strategies as st

from beltline.core.decide import LONGEST_CRASH_DELAY_US, Policy, decide
from beltline.core.job import Change, ClaimedJob
from beltline.core.order import order_key
from beltline.core.outcome import Ending, Outcome
from beltline.core.reasons import Reason
from beltline.core.retry import Retry
from beltline.core.states import FINAL, JobEvent, JobState, targets

NOW = 1_000_000_000
FIXED = Policy(Retry(backoff="fixed", base=10))
JOB = ClaimedJob(
    id="job-1",
    fence=4,
    definition="resize",
    version="1",
    queue="images",
    payload=b"{}",
    priority=2,
    run=3,
    attempts_used=1,
    crashes=0,
    max_attempts=5,
    timeout_us=None,
    deadline_at=None,
    queued_at=NOW - 500,
    started_at=NOW - 100,
    labels=None,
    correlation_id=None,
    traceparent=None,
    idempotency_key="k",
    request=None,
)
EVENTS = {
    Ending.SUCCEEDED: JobEvent.SUCCEED,
    Ending.FAILED: JobEvent.FAIL,
    Ending.TIMED_OUT: JobEvent.TIME_OUT,
    Ending.SNOOZED: JobEvent.SNOOZE,
    Ending.CANCELLED: JobEvent.CANCEL,
    Ending.RELEASED: JobEvent.RELEASE,
    Ending.LOST: JobEvent.RESCUE,
}
OWN = '{"backoff":"fixed","base_us":7000000,"cap_us":600000000}'
AGAIN = [
    Outcome(Ending.FAILED),
    Outcome(Ending.TIMED_OUT),
    Outcome(Ending.SNOOZED, delay_us=5),
    Outcome(Ending.RELEASED, reason=Reason.DRAINED),
    Outcome(Ending.LOST),
]


def ended(outcome: Outcome, *, policy: Policy = FIXED, **fields: Any) -> Change:
    return decide(JOB._replace(**fields), outcome, policy, now=NOW, random=random.Random(1))


def verdict(change: Change) -> tuple[JobState, Reason]:
    return change.state, change.reason


def test_a_result_succeeds_and_is_charged() -> None:
    change = ended(Outcome(Ending.SUCCEEDED, result=b"[1]"))

    assert verdict(change) == (JobState.SUCCEEDED, Reason.RETURNED)
    assert (change.result, change.error, change.attempts_used) == (b"[1]", None, 2)


def test_a_failure_is_tried_again_after_the_policys_delay() -> None:
    change = ended(Outcome(Ending.FAILED, error=b"{}"))

    assert verdict(change) == (JobState.RETRYING, Reason.BACKOFF)
    assert (change.run_at, change.attempts_used, change.error) == (NOW + 10_000_000, 2, b"{}")


def test_a_failure_may_name_its_own_delay() -> None:
    assert ended(Outcome(Ending.FAILED, delay_us=7)).run_at == NOW + 7
    assert ended(Outcome(Ending.FAILED, delay_us=0)).run_at == NOW


def test_the_last_attempt_that_fails_is_final() -> None:
    change = ended(Outcome(Ending.FAILED), attempts_used=4)

    assert verdict(change) == (JobState.FAILED, Reason.ATTEMPTS_EXHAUSTED)
    assert change.attempts_used == 5


def test_the_last_attempt_that_timed_out_is_final() -> None:
    assert verdict(ended(Outcome(Ending.TIMED_OUT), attempts_used=4)) == (JobState.TIMED_OUT, Reason.TIMEOUT)


def test_an_attempt_that_timed_out_is_tried_again() -> None:
    assert verdict(ended(Outcome(Ending.TIMED_OUT))) == (JobState.RETRYING, Reason.TIMEOUT)


@pytest.mark.parametrize(
    "reason", [Reason.NOT_RETRYABLE, Reason.FAILED_BY_HANDLER, Reason.INVALID_PAYLOAD], ids=str
)
def test_a_failure_for_good_is_final_whatever_attempts_are_left(reason: Reason) -> None:
    assert verdict(ended(Outcome(Ending.FAILED, reason=reason))) == (JobState.FAILED, reason)


def test_a_deadline_passed_in_the_run_is_final() -> None:
    outcome = Outcome(Ending.TIMED_OUT, reason=Reason.DEADLINE_PASSED)

    assert verdict(ended(outcome)) == (JobState.TIMED_OUT, Reason.DEADLINE_PASSED)


def test_a_snooze_is_not_charged() -> None:
    change = ended(Outcome(Ending.SNOOZED, delay_us=60))

    assert verdict(change) == (JobState.SCHEDULED, Reason.SNOOZED)
    assert (change.run_at, change.attempts_used) == (NOW + 60, 1)


def test_a_cancel_by_the_handler_says_so() -> None:
    assert verdict(ended(Outcome(Ending.CANCELLED))) == (JobState.CANCELLED, Reason.CANCELLED_BY_HANDLER)


def test_a_cancel_that_obeys_a_request_says_so() -> None:
    change = ended(Outcome(Ending.CANCELLED), request="cancel")

    assert verdict(change) == (JobState.CANCELLED, Reason.CANCEL_REQUESTED)


def test_a_released_job_keeps_its_place_uncharged() -> None:
    change = ended(Outcome(Ending.RELEASED, reason=Reason.NO_HANDLER))

    assert verdict(change) == (JobState.QUEUED, Reason.NO_HANDLER)
    assert (change.queued_at, change.order_key) == (JOB.queued_at, order_key(JOB.queued_at, 2))
    assert change.attempts_used == 1


def test_a_release_with_a_delay_waits() -> None:
    change = ended(Outcome(Ending.RELEASED, reason=Reason.NO_HANDLER, delay_us=9))

    assert verdict(change) == (JobState.SCHEDULED, Reason.NO_HANDLER)
    assert change.run_at == NOW + 9


def test_the_first_lost_run_is_tried_again_at_once_and_not_charged() -> None:
    change = ended(Outcome(Ending.LOST))

    assert verdict(change) == (JobState.RETRYING, Reason.WORKER_LOST)
    assert (change.run_at, change.crashes, change.attempts_used) == (NOW, 1, 1)


def test_further_lost_runs_are_tried_again_ever_later() -> None:
    policy = Policy(Retry(), max_crashes=10)

    waits = [(ended(Outcome(Ending.LOST), policy=policy, crashes=n).run_at or 0) - NOW for n in range(5)]

    assert waits == [0, 1_000_000, 2_000_000, 4_000_000, 8_000_000]


def test_the_wait_after_many_crashes_is_bounded() -> None:
    policy = Policy(Retry(), max_crashes=100)

    assert ended(Outcome(Ending.LOST), policy=policy, crashes=98).run_at == NOW + LONGEST_CRASH_DELAY_US


def test_the_last_crash_allowed_is_final() -> None:
    change = ended(Outcome(Ending.LOST), crashes=2)

    assert verdict(change) == (JobState.FAILED, Reason.WORKER_LOST)
    assert (change.crashes, change.attempts_used) == (3, 1)


def test_a_crash_may_have_a_cause() -> None:
    assert ended(Outcome(Ending.LOST, reason=Reason.OUT_OF_MEMORY)).reason is Reason.OUT_OF_MEMORY


@pytest.mark.parametrize("outcome", AGAIN, ids=lambda outcome: outcome.ending)
def test_what_would_run_again_meets_a_noted_cancel(outcome: Outcome) -> None:
    assert verdict(ended(outcome, request="cancel")) == (JobState.CANCELLED, Reason.CANCEL_REQUESTED)


@pytest.mark.parametrize("outcome", AGAIN, ids=lambda outcome: outcome.ending)
def test_what_would_run_again_meets_a_noted_pause(outcome: Outcome) -> None:
    change = ended(outcome, request="pause")

    assert verdict(change) == (JobState.PAUSED, Reason.PAUSE_REQUESTED)
    assert change.paused_from in {JobState.RETRYING, JobState.SCHEDULED}
    assert change.run_at is not None


@pytest.mark.parametrize("request_", ["cancel", "pause"])
@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome(Ending.SUCCEEDED), JobState.SUCCEEDED),
        (Outcome(Ending.FAILED, reason=Reason.NOT_RETRYABLE), JobState.FAILED),
    ],
    ids=["succeeded", "failed"],
)
def test_what_is_final_wins_over_a_request(request_: str, outcome: Outcome, state: JobState) -> None:
    assert ended(outcome, request=request_).state is state


@pytest.mark.parametrize(
    "outcome",
    [Outcome(Ending.FAILED), Outcome(Ending.SNOOZED, delay_us=10_000_000), Outcome(Ending.TIMED_OUT)],
    ids=lambda outcome: outcome.ending,
)
def test_what_would_run_again_only_after_its_deadline_times_out_now(outcome: Outcome) -> None:
    late = ended(outcome, deadline_at=NOW + 10_000_000)
    in_time = ended(outcome, deadline_at=NOW + 10_000_001)

    assert verdict(late) == (JobState.TIMED_OUT, Reason.DEADLINE_PASSED)
    assert in_time.state not in FINAL


OUTCOMES = st.one_of(
    st.builds(
        Outcome,
        st.sampled_from(list(Ending)),
        delay_us=st.none() | st.integers(0, 10**9),
    ),
    st.builds(
        Outcome,
        st.just(Ending.FAILED),
        reason=st.sampled_from([Reason.NOT_RETRYABLE, Reason.FAILED_BY_HANDLER, Reason.INVALID_PAYLOAD]),
    ),
    st.just(Outcome(Ending.TIMED_OUT, reason=Reason.DEADLINE_PASSED)),
)
JOBS = st.builds(
    JOB._replace,
    attempts_used=st.integers(0, 4),
    crashes=st.integers(0, 4),
    deadline_at=st.none() | st.integers(NOW - 10, NOW + 10**9),
    request=st.sampled_from([None, "cancel", "pause"]),
    priority=st.integers(-10, 10),
)


@pytest.mark.parametrize(
    ("request_", "state"),
    [("cancel", JobState.CANCELLED), ("pause", JobState.PAUSED), (None, JobState.WAITING)],
)
def test_a_return_with_open_children_meets_what_was_noted(request_: str | None, state: JobState) -> None:
    outcome = Outcome(Ending.SUCCEEDED, reason=Reason.CHILDREN)

    change = decide(JOB._replace(request=request_), outcome, Policy(), now=NOW, random=random.Random(0))

    assert change.state is state
    assert state in targets(JobState.RUNNING, JobEvent.SUCCEED)


def test_a_time_out_that_may_not_be_tried_again_ends_timed_out() -> None:
    outcome = Outcome(Ending.TIMED_OUT, reason=Reason.NOT_RETRYABLE)

    change = decide(JOB, outcome, Policy(), now=NOW, random=random.Random(0))

    assert (change.state, change.reason) == (JobState.TIMED_OUT, Reason.NOT_RETRYABLE)


@given(job=JOBS, outcome=OUTCOMES, seed=st.integers())
def test_every_decision_is_in_the_table(job: ClaimedJob, outcome: Outcome, seed: int) -> None:
    change = decide(job, outcome, Policy(), now=NOW, random=random.Random(seed))

    assert change.state in targets(JobState.RUNNING, EVENTS[outcome.ending])


@given(job=JOBS, outcome=OUTCOMES, seed=st.integers())
def test_every_decision_has_what_its_state_needs(job: ClaimedJob, outcome: Outcome, seed: int) -> None:
    change = decide(job, outcome, Policy(), now=NOW, random=random.Random(seed))

    assert (change.id, change.fence, change.from_state, change.at) == (
        job.id,
        job.fence,
        JobState.RUNNING,
        NOW,
    )
    assert change.idempotency_key == job.idempotency_key
    has_no_time = change.state in FINAL or JobState.WAITING in {change.state, change.paused_from}
    assert (change.run_at is None) == has_no_time
    assert (change.queued_at is not None, change.order_key is not None) == (
        change.state is JobState.QUEUED,
    ) * 2
    assert (change.paused_from is not None) == (change.state is JobState.PAUSED)
    if change.state not in FINAL:
        assert change.request == job.request


@given(job=JOBS, outcome=OUTCOMES, seed=st.integers())
def test_counters_never_go_down_and_one_run_charges_one_of_them(
    job: ClaimedJob, outcome: Outcome, seed: int
) -> None:
    change = decide(job, outcome, Policy(), now=NOW, random=random.Random(seed))

    charged = change.attempts_used - job.attempts_used, change.crashes - job.crashes
    assert charged in {(0, 0), (1, 0), (0, 1)}
    assert (charged == (0, 1)) == (outcome.ending is Ending.LOST)


@given(job=JOBS, outcome=OUTCOMES, seed=st.integers())
def test_the_same_arguments_give_the_same_decision(job: ClaimedJob, outcome: Outcome, seed: int) -> None:
    first, second = (decide(job, outcome, Policy(), now=NOW, random=random.Random(seed)) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("ending", [Ending.FAILED, Ending.TIMED_OUT])
def test_a_retry_policy_of_the_jobs_own_wins_over_the_definitions(ending: Ending) -> None:
    assert ended(Outcome(ending), backoff=OWN).run_at == NOW + 7_000_000


def test_a_delay_that_the_body_chose_wins_over_both() -> None:
    assert ended(Outcome(Ending.FAILED, delay_us=3), backoff=OWN).run_at == NOW + 3
