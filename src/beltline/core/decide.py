"""What becomes of a job whose run ended: the one place where outcomes, retries, requests and limits meet.

Pure: the same arguments give the same change. The store only checks and writes it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from beltline.core.clock import MICROS, MINUTE
from beltline.core.ids import Random
from beltline.core.job import Change, ClaimedJob
from beltline.core.job_retry import retry_of
from beltline.core.order import order_key
from beltline.core.outcome import Ending, Outcome
from beltline.core.reasons import Reason
from beltline.core.retry import MAX_CRASHES, Retry
from beltline.core.states import JobState

LOST_UNTIL_SUSPECT: Final = 2
CRASH_DELAY_US: Final = 1 * MICROS
LONGEST_CRASH_DELAY_US: Final = 10 * MINUTE
# Python 3.11 looks an enum's member up for 60 ns each time; these are looked up for each job that succeeds.
_SUCCEEDED: Final = Ending.SUCCEEDED
_RUNNING: Final = JobState.RUNNING
_DONE: Final = JobState.SUCCEEDED
_RETURNED: Final = Reason.RETURNED
_FOR_GOOD: Final = frozenset(
    {
        Reason.NOT_RETRYABLE,
        Reason.FAILED_BY_HANDLER,
        Reason.INVALID_PAYLOAD,
        Reason.OBJECT_MISSING,
        Reason.OBJECT_CORRUPT,
    }
)


class Policy(NamedTuple):
    """What the definition says about failures, and the version of it that ran, where that is known."""

    retry: Retry = Retry()
    max_crashes: int = MAX_CRASHES
    version: str | None = None


def crashes_of_suspect(max_crashes: int) -> int:
    """Return from how many crashes on a job may be what ended the workers that ran it.

    One lost worker is no ground: hosts fail, and all that they ran would go on in single file. A neighbour
    of the guilty one that was lost twice is alone before it can be lost for good.
    """
    return max(1, min(LOST_UNTIL_SUSPECT, max_crashes - 1))


def decide(job: ClaimedJob, outcome: Outcome, policy: Policy, *, now: int, random: Random) -> Change:
    """Return the change that settles a held job.

    A final outcome wins over a noted cancel or pause; an outcome that would run again later meets them:
    cancel ends the job as cancelled, pause parks it. A job that would run again only after its deadline ends
    timed out now.
    """
    if outcome.ending is _SUCCEEDED:
        change = _success(job, outcome, now)
    else:
        change = _decided(job, outcome, policy, now, random)
    version = policy.version
    return change if version is None or version == job.version else change._replace(ran_version=version)


def _success(job: ClaimedJob, outcome: Outcome, now: int) -> Change:
    if outcome.reason is not None:
        return _awaiting(job, outcome, now)
    return _change(job, _DONE, _RETURNED, outcome, now, attempts_used=job.attempts_used + 1)


def _decided(job: ClaimedJob, outcome: Outcome, policy: Policy, now: int, random: Random) -> Change:
    ending = outcome.ending
    if ending is Ending.CANCELLED:
        reason = outcome.reason or (
            Reason.CANCEL_REQUESTED if job.request == "cancel" else Reason.CANCELLED_BY_HANDLER
        )
        return _final(job, JobState.CANCELLED, reason, outcome, now)
    if ending is Ending.SNOOZED:
        return _later(job, JobState.SCHEDULED, Reason.SNOOZED, outcome, now, delay_us=outcome.delay_us or 0)
    if ending is Ending.RELEASED:
        return _release(job, outcome, now)
    if ending is Ending.LOST:
        return _rescue(job, outcome, policy, now)
    return _failure(job, outcome, policy, now, random)


def _awaiting(job: ClaimedJob, outcome: Outcome, now: int) -> Change:
    """The body returned and the job has children: it waits for them, with its result."""
    if job.request == "cancel":
        return _final(job, JobState.CANCELLED, Reason.CANCEL_REQUESTED, outcome, now)
    used = job.attempts_used + 1
    change = _change(job, JobState.WAITING, Reason.CHILDREN, outcome, now, attempts_used=used)
    if job.request == "pause":
        return change._replace(
            state=JobState.PAUSED, reason=Reason.PAUSE_REQUESTED, paused_from=JobState.WAITING
        )
    return change


def _failure(job: ClaimedJob, outcome: Outcome, policy: Policy, now: int, random: Random) -> Change:
    job = job._replace(attempts_used=job.attempts_used + 1)
    timed_out = outcome.ending is Ending.TIMED_OUT
    if outcome.reason in _FOR_GOOD:
        state = JobState.TIMED_OUT if timed_out else JobState.FAILED
        return _final(job, state, outcome.reason or Reason.NOT_RETRYABLE, outcome, now)
    if timed_out and outcome.reason is Reason.DEADLINE_PASSED:
        return _final(job, JobState.TIMED_OUT, Reason.DEADLINE_PASSED, outcome, now)
    if job.attempts_used >= job.max_attempts:
        if timed_out:
            return _final(job, JobState.TIMED_OUT, Reason.TIMEOUT, outcome, now)
        return _final(job, JobState.FAILED, Reason.ATTEMPTS_EXHAUSTED, outcome, now)
    delay = outcome.delay_us
    if delay is None:
        retry = policy.retry if job.backoff is None else retry_of(job.backoff)
        delay = retry.delay_us(job.attempts_used, random)
    return _later(
        job, JobState.RETRYING, Reason.TIMEOUT if timed_out else Reason.BACKOFF, outcome, now, delay_us=delay
    )


def _rescue(job: ClaimedJob, outcome: Outcome, policy: Policy, now: int) -> Change:
    job = job._replace(crashes=job.crashes + 1)
    reason = outcome.reason or Reason.WORKER_LOST
    if job.crashes >= policy.max_crashes:
        return _final(job, JobState.FAILED, reason, outcome, now)
    # The first rescue is at once: a deploy or a pulled plug is no fault of the job. Then a pause, in case it
    # is.
    delay = 0 if job.crashes == 1 else min(CRASH_DELAY_US << (job.crashes - 2), LONGEST_CRASH_DELAY_US)
    return _later(job, JobState.RETRYING, reason, outcome, now, delay_us=delay)


def _release(job: ClaimedJob, outcome: Outcome, now: int) -> Change:
    reason = outcome.reason or Reason.DRAINED
    if outcome.delay_us or job.request:
        return _later(job, JobState.SCHEDULED, reason, outcome, now, delay_us=outcome.delay_us or 0)
    change = _change(job, JobState.QUEUED, reason, outcome, now, attempts_used=job.attempts_used)
    # The job keeps the time at which it was queued, and so its place in front.
    return change._replace(
        run_at=job.queued_at, queued_at=job.queued_at, order_key=order_key(job.queued_at, job.priority)
    )


def _later(
    job: ClaimedJob, state: JobState, reason: Reason, outcome: Outcome, now: int, *, delay_us: int
) -> Change:
    if job.request == "cancel":
        return _final(job, JobState.CANCELLED, Reason.CANCEL_REQUESTED, outcome, now)
    run_at = now + delay_us
    if job.deadline_at is not None and job.deadline_at <= run_at:
        return _final(job, JobState.TIMED_OUT, Reason.DEADLINE_PASSED, outcome, now)
    change = _change(job, state, reason, outcome, now, attempts_used=job.attempts_used)._replace(
        run_at=run_at
    )
    if job.request == "pause":
        return change._replace(state=JobState.PAUSED, reason=Reason.PAUSE_REQUESTED, paused_from=state)
    return change


def _final(job: ClaimedJob, state: JobState, reason: Reason, outcome: Outcome, now: int) -> Change:
    return _change(job, state, reason, outcome, now, attempts_used=job.attempts_used)


def _change(
    job: ClaimedJob, state: JobState, reason: Reason, outcome: Outcome, now: int, *, attempts_used: int
) -> Change:
    started_at, queued_at = job.started_at, job.queued_at
    made: Change = tuple.__new__(
        Change,
        (
            job.id,
            job.fence,
            job.definition,
            job.queue,
            _RUNNING,
            state,
            reason,
            now,
            outcome.result,
            outcome.error,
            None,
            None,
            None,
            attempts_used,
            job.crashes,
            job.request,
            None,
            job.idempotency_key,
            now - started_at if now > started_at else 0,
            started_at - queued_at if started_at > queued_at else 0,
            None,
        ),
    )
    return made
