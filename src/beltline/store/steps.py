"""The contract of what jobs remember: done steps, positions, and the ledger of what is done only once.

It is a part of `contract`, and what is said there holds here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from beltline.core.errors import LeaseLost
from beltline.core.outcome import Suspended

# An earlier run of the job records a step that this one has done too: the next run finds it.
TAKEN_DELAY_US: Final = 1_000_000


class NewStep(NamedTuple):
    """A done step of a running job; `result` is JSON. Guarded by (job_id, fence)."""

    job_id: str
    fence: int
    name: str
    result: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSteps:
    """Keep done steps. Two of one job and one name in one call are an error of the caller."""

    namespace: str
    steps: Sequence[NewStep]
    now: int


class StepOutcome(StrEnum):
    """What became of a step's record.

    `taken`: another run of the job recorded a step of this name before. `lost`: the run does not hold the job
    any more; nothing was written.
    """

    RECORDED = "recorded"
    TAKEN = "taken"
    LOST = "lost"


class NewPosition(NamedTuple):
    """How far a job has come; `position` is JSON. Guarded by (job_id, fence)."""

    job_id: str
    fence: int
    name: str
    position: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SavePositions:
    """Keep positions, each in place of the one before it; of two of one name in one call the later counts."""

    namespace: str
    positions: Sequence[NewPosition]
    now: int


class NewEntry(NamedTuple):
    """A job asks whether it is the first to use a key, per namespace and definition.

    `asked` numbers the questions of one run, so that a repeated call gets the same answer. `content` is a
    hash of what is done under the key; None is not compared.
    """

    job_id: str
    fence: int
    asked: int
    definition: str
    once_key: str
    content: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterOnce:
    """Enter keys into the ledger."""

    namespace: str
    entries: Sequence[NewEntry]
    now: int


class OnceOutcome(StrEnum):
    """Whether a key is new.

    `other`: it was used before with other content. `lost`: the run does not hold the job any more.
    """

    FIRST = "first"
    SEEN = "seen"
    OTHER = "other"
    LOST = "lost"


class Memory(StrEnum):
    """The kinds of what a job remembers."""

    STEP = "step"
    POSITION = "position"


class Remembered(NamedTuple):
    """A done step's result or a position, as JSON; `fence` says which run wrote it, `at` when."""

    job_id: str
    kind: Memory
    name: str
    fence: int
    at: int
    value: bytes


class StepStore(Protocol):
    """What jobs remember from run to run. It goes with its job, when that is pruned or discarded."""

    async def load(self, namespace: str, job_ids: Sequence[str]) -> list[Remembered]:
        """Return what these jobs remember, oldest first by (at, name)."""
        ...

    async def record(self, params: RecordSteps) -> list[StepOutcome]:
        """Keep done steps of running jobs whose (id, fence) match; one answer for each, in order.

        A repeated call is answered as the first one was. What is recorded is never replaced. No claim or
        settlement of a job comes between the look at its fence and the record.
        """
        ...

    async def record_with(self, conn: object, params: RecordSteps) -> StepOutcome:
        """Do what `record` does for one step, inside the open transaction of the caller's own connection.

        `conn` is as in `JobStore.insert_with`. The record exists when it commits. Here a record that is there
        already is `taken`, whoever made it: what the caller wrote under this step must not be committed. The
        fence is looked at, not locked: of two runs that record one step in two open transactions, the second
        waits for the first, or is `taken`, whichever runs hold the job by then.
        """
        ...

    async def save(self, params: SavePositions) -> list[bool]:
        """Keep positions of unfinished jobs whose (id, fence) match; say of each whether it was kept.

        The job need not run any more: what a run reached stays true until the next one begins.
        """
        ...

    async def enter(self, params: EnterOnce) -> list[OnceOutcome]:
        """Enter keys for running jobs whose (id, fence) match; one answer for each, in order.

        Of concurrent callers with one key exactly one is the first. A repeated call is answered as the first
        one was.
        """
        ...


def require_recorded(outcome: StepOutcome, job_id: str, fence: int) -> None:
    """End a run whose step was not recorded. Raises LeaseLost, Suspended."""
    if outcome is StepOutcome.LOST:
        raise not_held(job_id, fence)
    if outcome is StepOutcome.TAKEN:
        raise Suspended(TAKEN_DELAY_US)


def not_held(job_id: str, fence: int) -> LeaseLost:
    """Return what a run is told that does not hold its job any more."""
    return LeaseLost(
        f"job {job_id} is not held under fence {fence} any more: it ended, or another run has it; nothing"
        " was written, let this error pass"
    )


def entered(entry: NewEntry, found: tuple[str, int, int, str | None]) -> OnceOutcome:
    """Return what became of an entry, given what is stored under its key: (job, fence, asked, content)."""
    if found[:3] == entry[:3]:
        return OnceOutcome.FIRST
    content = found[3]
    if entry.content is not None and content is not None and content != entry.content:
        return OnceOutcome.OTHER
    return OnceOutcome.SEEN


def found_outcome(step: NewStep, fence: int | None) -> StepOutcome:
    """Return what became of a step that was not written, given the fence of the one that is there."""
    if fence is None or fence > step.fence:
        return StepOutcome.LOST
    return StepOutcome.RECORDED if fence == step.fence else StepOutcome.TAKEN
