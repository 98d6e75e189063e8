"""What a remote worker asks and tells of what its jobs remember."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import Field, StrictInt, StrictStr
from typing_extensions import TypedDict

from beltline.wire.requests import JobId, Request
from beltline.wire.work import MOST_ITEMS, Fence

StepName: TypeAlias = Annotated[StrictStr, Field(min_length=1, max_length=1_024)]


class LoadMemory(Request):
    """Which jobs."""

    ids: Annotated[list[JobId], Field(min_length=1, max_length=MOST_ITEMS)]


class DoneStep(Request):
    """A step that a running job has done."""

    id: JobId
    fence: Fence
    name: StepName
    result: Any = None


class RecordSteps(Request):
    """Steps that are done."""

    items: Annotated[list[DoneStep], Field(min_length=1, max_length=MOST_ITEMS)]


class Reached(Request):
    """How far a running job has come."""

    id: JobId
    fence: Fence
    name: StepName
    position: Any = None


class SavePositions(Request):
    """How far jobs have come."""

    items: Annotated[list[Reached], Field(min_length=1, max_length=MOST_ITEMS)]


class OnceKey(Request):
    """A running job asks whether it is the first to use a key, among all jobs of its definition.

    `asked` numbers the questions of one run, so that a repeated request gets the same answer.
    """

    id: JobId
    fence: Fence
    asked: Annotated[StrictInt, Field(ge=1, le=2**31)]
    key: Annotated[StrictStr, Field(min_length=1, max_length=1_024)]
    content: Annotated[StrictStr, Field(max_length=256)] | None = None


class EnterOnce(Request):
    """Keys that are to be used once."""

    items: Annotated[list[OnceKey], Field(min_length=1, max_length=MOST_ITEMS)]


class ToldStack(Request):
    """Where the body of a running job is."""

    id: JobId
    fence: Fence
    stack: Annotated[StrictStr, Field(max_length=262_144)]


class TellStacks(Request):
    """Where bodies are that were asked for."""

    items: Annotated[list[ToldStack], Field(min_length=1, max_length=MOST_ITEMS)]


class RememberedBody(TypedDict):
    """A done step's result (`kind` step) or a position; `fence` says which run wrote it."""

    id: str
    kind: str
    name: str
    fence: int
    at: str | None
    value: Any


class AskedStack(TypedDict):
    """A run whose stack is asked for."""

    id: str
    fence: int


class OutcomesBody(TypedDict):
    """What became of each, in the order given."""

    items: list[str]


class KeptBody(TypedDict):
    """Whether each was kept, in the order given; what is not this worker's any more is not."""

    items: list[bool]
