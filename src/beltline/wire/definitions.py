"""A job definition as a worker sends it."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr

from beltline.core.replay import MOST_NAMES, MOST_TIMES
from beltline.core.retry import MOST_ATTEMPTS
from beltline.wire.requests import DurationText, Labels, Name, Priority, Request, Resources, Tag, Text

# A hundred years, the longest of all durations.
_LONGEST_US: Final = 36_500 * 86_400 * 1_000_000
Micros: TypeAlias = Annotated[StrictInt, Field(ge=0, le=_LONGEST_US)]
Attempts: TypeAlias = Annotated[StrictInt, Field(ge=1, le=MOST_ATTEMPTS)]


class ReplayPolicy(Request):
    """Which dead letters go back by themselves; `on` names error types and reasons."""

    on: Annotated[list[StrictStr], Field(min_length=1, max_length=MOST_NAMES)]
    after_us: Micros
    rate: Annotated[StrictStr, Field(max_length=64)]
    times: Annotated[StrictInt, Field(ge=1, le=MOST_TIMES)]


class ChildrenPolicy(Request):
    """What a job makes of children that fail."""

    tolerate: StrictInt | StrictFloat = 0
    on_failure: Literal["stop", "go_on"] = "go_on"


class Policies(Request):
    """All that a definition says of its jobs, as it is stored. Times are microseconds."""

    max_attempts: Attempts = 5
    backoff: Literal["exponential", "fixed"] = "exponential"
    base_us: Micros = 1_000_000
    cap_us: Micros = 600_000_000
    max_crashes: Attempts = 3
    timeout_us: Annotated[StrictInt, Field(ge=1, le=_LONGEST_US)] | None = None
    deadline_us: Micros | None = None
    expires_us: Micros | None = None
    priority: Priority = 0
    dedupe: Literal["content"] | None = None
    labels: Labels | None = None
    replay: ReplayPolicy | None = None
    mode: Literal["process"] | None = None
    memory: Annotated[StrictInt, Field(ge=1, le=2**50)] | None = None
    resources: Resources | None = None
    tags: list[Tag] | None = Field(None, max_length=100)
    pinned: StrictBool | None = None
    children: ChildrenPolicy | None = None
    result: dict[str, Any] | None = Field(
        None, description="The JSON Schema of results, where it marks parts as secret."
    )


class ApplyDefinition(Request):
    """A version of a job definition. `policies` holds all that it says; else these few fields do."""

    version: Name
    queue: Name = "default"
    schema_: dict[str, Any] = Field(
        default_factory=dict, alias="schema", description="The JSON Schema of the payload."
    )
    max_attempts: Attempts = 5
    timeout: DurationText | None = None
    priority: Priority = 0
    owner: Text | None = None
    runbook: Annotated[StrictStr, Field(max_length=1_000)] = ""
    result_schema: dict[str, Any] | None = Field(
        None, description="The JSON Schema of results: what it marks as secret is never shown."
    )
    policies: Policies | None = Field(
        None, description="In place of max_attempts, timeout, priority and result_schema."
    )
