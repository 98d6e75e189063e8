"""What callers of REST may send: strict models, whose faults are all told at once."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    Tag as Variant,
)

from beltline.core.needs import MOST_ASKED
from beltline.core.order import HIGHEST_PRIORITY, LOWEST_PRIORITY
from beltline.core.retry import MOST_ATTEMPTS
from beltline.core.states import JobState
from beltline.engine.after import MOST_EDGES

MOST_JOBS: Final = 10_000
MOST_ALTERNATIVES: Final = 1_000
LARGEST_PAGE: Final = 1_000

_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$"
_TEXT: Final = r"^[^\x00-\x1f\x7f]{1,256}$"
_VALUE: Final = r"^[^\x00-\x1f\x7f]{0,256}$"
_KIND: Final = r"^[a-z][a-z0-9._-]{0,62}$"
_TAG: Final = r"^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,62}$"
_DURATION: Final = r"^([0-9]{1,9}(\.[0-9]{1,6})?(us|ms|s|m|h|d))+$"


def _kind(given: object) -> str:
    """Say which form a prerequisite has, so that its faults are told of that one alone."""
    if isinstance(given, str):
        return "job-id"
    fields = given if isinstance(given, dict) else getattr(type(given), "model_fields", {})
    return "after-any" if "any_of" in fields else "after-job"


Name: TypeAlias = Annotated[StrictStr, Field(pattern=_NAME)]
Text: TypeAlias = Annotated[StrictStr, Field(pattern=_TEXT)]
Why: TypeAlias = Annotated[StrictStr, Field(max_length=1_000, description="The reason, kept in the audit.")]
DurationText: TypeAlias = Annotated[StrictStr, Field(pattern=_DURATION, max_length=64, examples=["1m30s"])]
Seconds: TypeAlias = Annotated[StrictInt | StrictFloat, Field(ge=0, le=3_153_600_000)]
MomentText: TypeAlias = Annotated[
    StrictStr,
    Field(max_length=64, json_schema_extra={"format": "date-time"}, examples=["2027-01-31T08:00:00Z"]),
]
Labels: TypeAlias = Annotated[dict[Name, Annotated[StrictStr, Field(pattern=_VALUE)]], Field(max_length=32)]
Resources: TypeAlias = Annotated[
    dict[Annotated[StrictStr, Field(pattern=_KIND)], StrictInt | StrictFloat | StrictStr],
    Field(max_length=MOST_ASKED, examples=[{"cpu": 2, "memory": "512Mi"}]),
]
Tag: TypeAlias = Annotated[StrictStr, Field(pattern=_TAG)]
JobId: TypeAlias = Annotated[StrictStr, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
Ending: TypeAlias = Literal["succeeded", "failed", "cancelled", "finished"]
OneJob: TypeAlias = Annotated[
    Annotated[JobId, Variant("job-id")] | Annotated["AfterJob", Variant("after-job")], Discriminator(_kind)
]
Prerequisite: TypeAlias = Annotated[
    Annotated[JobId, Variant("job-id")]
    | Annotated["AfterJob", Variant("after-job")]
    | Annotated["AfterAny", Variant("after-any")],
    Discriminator(_kind),
]
Priority: TypeAlias = Annotated[StrictInt, Field(ge=LOWEST_PRIORITY, le=HIGHEST_PRIORITY)]


class Request(BaseModel):
    """A body that holds nothing unknown."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, defer_build=True)


class AfterJob(Request):
    """A prerequisite: a job, how it must end, and what becomes of the dependent where it ends otherwise."""

    job: JobId
    when: Ending | Annotated[list[Ending], Field(min_length=1, max_length=4)] = "succeeded"
    otherwise: Literal["cancel", "fail", "run"] = "cancel"


class AfterAny(Request):
    """Alternatives, of which one is enough."""

    any_of: Annotated[list[OneJob], Field(min_length=1, max_length=MOST_ALTERNATIVES)]


class OwnRetry(Request):
    """How a job is tried again; which errors are, its definition says."""

    max_attempts: Annotated[StrictInt, Field(ge=1, le=MOST_ATTEMPTS)] | None = None
    backoff: Literal["exponential", "fixed"] = "exponential"
    base: DurationText | Seconds = "1s"
    cap: DurationText | Seconds = "10m"


class SubmitOptions(Request):
    """What a submit may say beside the payload."""

    id: Name | None = Field(None, description="Chosen by the client: the same body again is the same job.")
    queue: Name | None = None
    delay: DurationText | Seconds | None = None
    run_at: MomentText | None = None
    priority: Priority | None = None
    labels: Labels | None = None
    idempotency_key: Text | None = None
    dedupe: Literal["content"] | None = None
    deadline: DurationText | MomentText | Seconds | None = None
    expires: DurationText | MomentText | Seconds | None = None
    timeout: DurationText | Seconds | None = None
    max_attempts: Annotated[StrictInt, Field(ge=1, le=MOST_ATTEMPTS)] | None = None
    retry: OwnRetry | None = None
    correlation_id: Text | None = None
    traceparent: Text | None = None
    owner: Text | None = None
    resources: Resources | None = Field(None, description="What a worker must have free, in its units.")
    tags: Annotated[list[Tag], Field(max_length=MOST_ASKED)] | None = None
    pinned: StrictBool | None = Field(None, description="Whether only workers with this version may run it.")
    after: Annotated[list[Prerequisite], Field(max_length=MOST_EDGES)] | None = Field(
        None, description="Jobs that must end first: ids, which need not exist yet, conditions, alternatives."
    )
    unknown: Literal["wait", "satisfied", "refuse"] = Field(
        "wait", description="What an id in `after` means that no job has: at most a week is waited for it."
    )
    parent: JobId | None = Field(None, description="Whose child the job is: a job that has not ended.")


class SubmitJob(SubmitOptions):
    """A job to submit. A field left out takes the definition's value."""

    definition: Name
    payload: Any = Field(default_factory=dict, description="What the definition's schema says.")


class CreateBatch(SubmitOptions):
    """A batch to make: a job of a batch type, which splits its definition."""

    type: Name = Field(description="The name of a batch type.")
    definition: Any = Field(description="What the batch type splits.")


class SubmitJobs(Request):
    """Jobs to submit, all of them or none."""

    jobs: Annotated[list[SubmitJob], Field(min_length=1, max_length=MOST_JOBS)]


class SubmitChildren(Request):
    """Children of a job that a worker runs. With an `id` each, the call may be repeated."""

    parent: JobId
    fence: Annotated[StrictInt, Field(ge=0, le=2**62)]
    jobs: Annotated[list[SubmitJob], Field(min_length=1, max_length=MOST_JOBS)]


class ReviseJob(Request):
    """What may change of a job that does not run. A field left out stays as it is."""

    priority: Priority | None = None
    run_at: MomentText | None = Field(None, description="Of a job that is scheduled or retrying.")
    labels: Labels | None = Field(None, description="All of them: these take the place of the old ones.")
    payload: Any = None
    why: Why = ""


class Act(Request):
    """An action on one job or queue."""

    why: Why = ""


class Where(Request):
    """Which jobs. What is left out does not restrict."""

    state: list[JobState] = Field([], max_length=len(JobState))
    definition: Name | None = None
    queue: Name | None = None
    label: Labels = {}
    owner: Text | None = None
    since: MomentText | None = Field(None, description="Created then or later.")
    until: MomentText | None = Field(None, description="Created before then.")
    error: Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{1,64}$")] | None = Field(
        None, description="Whose error has this fingerprint."
    )


class ActOnMany(Request):
    """An action on all jobs that a filter finds."""

    where: Where
    dry_run: bool = Field(default=False, strict=True, description="Only say how many, and show some.")
    undo_window: DurationText | None = Field(
        None, description="Do it after this time, at most 24h, unless it is undone before."
    )
    why: Why = ""


class CreateApiKey(Request):
    """An API key to make."""

    role: Literal["viewer", "submitter", "operator", "admin", "worker"]
    name: Annotated[StrictStr, Field(pattern=_VALUE)] = ""
    definitions: Annotated[list[Annotated[StrictStr, Field(pattern=_TEXT)]], Field(max_length=100)] | None = (
        Field(None, description="Patterns such as `mail.*`: the definitions that a worker's key is for.")
    )
    expires: DurationText | MomentText | None = None


class RotateApiKey(Request):
    """How long the old key still works beside the new one."""

    overlap: DurationText = "24h"


SecretPlace: TypeAlias = Annotated[
    StrictStr,
    Field(
        max_length=1_100,
        examples=["env:SHOP_HOOK_SECRET"],
        description="Where it lies on each machine that delivers, env:NAME or file:/path; else one is drawn.",
    ),
]


class Subscribe(Request):
    """Tell a URL of outcomes. A filter that is left out does not restrict."""

    url: Annotated[StrictStr, Field(min_length=1, max_length=2_048, examples=["https://shop.example/hooks"])]
    events: list[Literal["cancelled", "failed", "finished", "succeeded", "timed_out"]] = Field(
        ["finished"], min_length=1, max_length=5, description="Final states; finished is any of them."
    )
    definition: Name | None = None
    queue: Name | None = None
    labels: Labels | None = None
    secret: SecretPlace | None = None
    why: Why = ""


class RotateSecret(Request):
    """Where the new secret lies, and how long the old one still signs beside it."""

    secret: SecretPlace | None = None
    overlap: DurationText = "24h"
