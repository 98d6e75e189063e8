from __future__ import annotations

from types import MappingProxyType

import pytest

from beltline.core.job import ClaimedJob
from beltline.core.outcome import Ending, Outcome
from beltline.core.reasons import Reason
from beltline.executors.process.frames import Frames
from beltline.executors.process.messages import ended_frame, job_frame, job_of, outcome_of

JOB = ClaimedJob(
    id="j",
    fence=3,
    definition="d",
    version="v",
    queue="q",
    payload=b'{"a":"\\u0000"}',
    priority=-1,
    run=2,
    attempts_used=1,
    crashes=0,
    max_attempts=5,
    timeout_us=None,
    deadline_at=9,
    queued_at=1,
    started_at=2,
    labels=MappingProxyType({"a": "ü"}),
    correlation_id=None,
    traceparent=None,
    idempotency_key=None,
    request=None,
)


@pytest.mark.parametrize("job", [JOB, JOB._replace(labels=None, payload=b"{}")])
def test_a_job_arrives_as_it_was(job: ClaimedJob) -> None:
    [frame] = Frames().take(job_frame(job, 1_000).encoded())

    assert job_of(frame) == job
    assert frame.head["most_bytes"] == 1_000


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(Ending.SUCCEEDED, b"null"),
        Outcome(Ending.FAILED),
        Outcome(Ending.FAILED, error=b"{}", reason=Reason.NOT_RETRYABLE),
        Outcome(Ending.SNOOZED, delay_us=0),
        Outcome(Ending.LOST, error=b"{}", reason=Reason.OUT_OF_MEMORY),
    ],
)
def test_an_outcome_arrives_as_it_was(outcome: Outcome) -> None:
    [frame] = Frames().take(ended_frame(outcome, is_spoiled=True, held=-1).encoded())

    assert outcome_of(frame) == outcome
    assert (frame.head["spoiled"], frame.head["held"]) == (True, -1)
