"""What a remote worker sends and gets."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr
from typing_extensions import TypedDict

from beltline.wire.bodies import RetryBody
from beltline.wire.requests import DurationText, JobId, Name, Request, Resources, Tag

MOST_ITEMS: Final = 1_000
_TEXT: Final = 4_096
_TRACE: Final = 16_384

Fence: TypeAlias = Annotated[StrictInt, Field(ge=0, le=2**62)]
WaitText: TypeAlias = Annotated[StrictStr, Field(pattern=r"^([0-9]|[1-5][0-9]|60)s$", examples=["30s"])]
LeaseText: TypeAlias = Annotated[
    StrictStr, Field(pattern=r"^([1-9][0-9]{0,2}s|[1-5]?[0-9]m|1h)$", examples=["30s"])
]


class OpenWorker(Request):
    """A worker process. `lease`: unseen for so long, it is lost and its jobs go on elsewhere."""

    name: Annotated[StrictStr, Field(min_length=1, max_length=128)]
    host: Annotated[StrictStr, Field(max_length=255)] = ""
    pid: Annotated[StrictInt, Field(ge=0, le=2**31 - 1)] = 0
    lease: LeaseText = "30s"
    queues: list[Name] | None = Field(None, min_length=1, max_length=100, description="Else of all queues.")
    concurrency: Annotated[StrictInt, Field(ge=1, le=10_000)] = 1
    definitions: list[Name] | None = Field(
        None, max_length=1_000, description="What it has code for, where it says so: it gets nothing else."
    )
    versions: dict[Name, Name] | None = Field(
        None, max_length=1_000, description="The same, with the version of each: pinned jobs go by it."
    )
    resources: Resources | None = Field(None, description="What it has for jobs that ask for it, in all.")
    tags: list[Tag] | None = Field(None, max_length=100, description="Tags that jobs may ask for.")
    everything: StrictBool = Field(
        default=False, description="Whether it has whatever a job may ask for; for tests."
    )


class BeatWorker(Request):
    """A sign of life. `holds` are the ids of the jobs it runs; left out, nothing is compared."""

    holds: list[JobId] | None = Field(None, max_length=10_000)


class ClaimJobs(Request):
    """How many jobs to take at most, and how long to wait for the first."""

    limit: Annotated[StrictInt, Field(ge=1, le=MOST_ITEMS)] = 1
    wait: WaitText = "0s"


class WorkError(Request):
    """Why a run failed; errors that differ only in numbers and quoted values count as equal.

    Unless `fingerprint` says by what equal ones are known. `where` is the line of code, `bases` are the types
    that `type` derives from.
    """

    type: Annotated[StrictStr, Field(min_length=1, max_length=256)]
    message: Annotated[StrictStr, Field(max_length=_TEXT)] = ""
    trace: Annotated[StrictStr, Field(max_length=_TRACE)] = ""
    where: Annotated[StrictStr, Field(max_length=_TEXT)] = ""
    bases: list[Annotated[StrictStr, Field(max_length=256)]] = Field([], max_length=100)
    fingerprint: Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{12}$")] | None = None


class SettleJob(Request):
    """How one run ended. `result` belongs to succeeded, `error` to failed and timed_out.

    `delay` belongs to snoozed and released; for failed it takes the place of the policy's. `retry` False
    ends a failed job for good. `lost`: the process of its own in which the body ran died under it. `reason`
    refines an outcome, where it is one of those that belong to it.
    """

    id: JobId
    fence: Fence
    outcome: Literal["succeeded", "failed", "timed_out", "snoozed", "cancelled", "released", "lost"]
    reason: (
        Literal[
            "not_retryable",
            "failed_by_handler",
            "invalid_payload",
            "deadline_passed",
            "cancel_requested",
            "cancelled_by_handler",
            "drained",
            "no_handler",
            "claim_lost",
            "no_process",
            "process_died",
            "out_of_memory",
        ]
        | None
    ) = None
    result: Any = None
    error: WorkError | None = None
    delay: DurationText | None = None
    retry: bool = Field(default=True, strict=True)


class SettleJobs(Request):
    """Runs that ended."""

    items: Annotated[list[SettleJob], Field(min_length=1, max_length=MOST_ITEMS)]


class JobProgress(Request):
    """How far a running job is, from 0 to 1."""

    id: JobId
    fence: Fence
    fraction: Annotated[StrictFloat | StrictInt, Field(ge=0, le=1)]
    note: Annotated[StrictStr, Field(max_length=1_000)] = ""


class ReportProgress(Request):
    """How far running jobs are."""

    items: Annotated[list[JobProgress], Field(min_length=1, max_length=MOST_ITEMS)]


class WriteLog(Request):
    """A line that a job writes; with its `run` it may come after that run has been settled."""

    id: JobId
    run: Annotated[StrictInt, Field(ge=1, le=2**31)] | None = None
    level: Literal["debug", "info", "warning", "error"] = "info"
    message: Annotated[StrictStr, Field(max_length=_TRACE)]
    fields: dict[Annotated[str, Field(max_length=128)], Any] = Field(default_factory=dict, max_length=64)

    def fields_text(self) -> str:
        """Return the fields as the store keeps them."""
        return json.dumps(self.fields, ensure_ascii=False) if self.fields else ""


class WriteLogs(Request):
    """Lines that jobs write, in order."""

    items: Annotated[list[WriteLog], Field(min_length=1, max_length=MOST_ITEMS)]


class ClaimedBody(TypedDict):
    """A job that is this worker's as long as its fence is this one."""

    id: str
    fence: int
    definition: str
    version: str
    queue: str
    payload: Any
    priority: int
    run: int
    attempts_used: int
    crashes: int
    max_attempts: int
    retry: RetryBody | None
    timeout_s: float | None
    deadline_at: str | None
    queued_at: str | None
    started_at: str | None
    labels: dict[str, str]
    correlation_id: str | None
    traceparent: str | None
    idempotency_key: str | None
    request: str | None


class SettledJob(TypedDict):
    """What became of a job."""

    id: str
    state: str
    reason: str


class SettledBody(TypedDict):
    """What became of the jobs; `lost` were not this worker's any more."""

    settled: list[SettledJob]
    lost: list[str]
