"""A job and its children as one: when it ends and how, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from beltline.core.errors import InvalidInput
from beltline.core.reasons import Reason
from beltline.core.states import DEAD, FINAL, JobState

NEARLY_DONE: Final = 0.999


class Batch(NamedTuple):
    """The row of a batch. `turn` counts what happened to it, `seen` how much of that was looked at.

    `flawed` of the succeeded ones did so with failures.
    """

    job_id: str
    parent: str | None
    root: str
    kind: str
    created_at: int
    total: int
    succeeded: int
    failed: int
    cancelled: int
    flawed: int
    run_us: int
    is_stopped: bool
    ended_at: int | None
    turn: int
    seen: int

    @property
    def ended(self) -> int:
        """How many children have ended."""
        return self.succeeded + self.failed + self.cancelled

    @property
    def open(self) -> int:
        """How many children have not ended."""
        return self.total - self.ended


@dataclass(frozen=True, slots=True)
class Children:
    """What a job makes of children that fail.

    Up to `tolerate` of them (a number, or a part of all from 0 to 1 as a float) the job succeeds all the
    same, with reason `with_failures`. One more, and it fails: at the end ("go_on"), or at once, its other
    children cancelled ("stop").
    """

    tolerate: int | float = 0
    on_failure: str = "go_on"

    def __post_init__(self) -> None:
        """Raise InvalidInput that lists every fault."""
        faults = []
        given: object = self.tolerate
        is_part = isinstance(given, float) and 0 <= given <= 1
        is_number = isinstance(given, int) and not isinstance(given, bool) and given >= 0
        if not (is_part or is_number):
            faults.append(
                f"tolerate {self.tolerate!r}: give a number of children (10), or a part of them (0.05)"
            )
        if self.on_failure not in {"stop", "go_on"}:
            faults.append(f"on_failure {self.on_failure!r}: use 'stop' or 'go_on'")
        if faults:
            raise InvalidInput("; ".join(faults))

    def exceeds(self, batch: Batch) -> bool:
        """Say whether more children failed than is tolerated, of all that there are."""
        if isinstance(self.tolerate, float):
            return batch.failed > self.tolerate * batch.total
        return batch.failed > self.tolerate


class Verdict(NamedTuple):
    """What is to be done with a batch: cancel its open children; move its job to `state`, where it waits."""

    stop: bool = False
    state: JobState | None = None
    reason: Reason | None = None


def judge(batch: Batch, state: JobState | None, policy: Children) -> Verdict:
    """Return what is to be done with a batch whose job is in this state; None: there is no such job.

    A part of all is only judged when all are known: when the body has returned.
    """
    if state is None or state in FINAL:
        return Verdict(stop=batch.open > 0)
    has_returned = state is JobState.WAITING
    known = has_returned or not isinstance(policy.tolerate, float)
    stop = batch.is_stopped or (policy.on_failure == "stop" and known and policy.exceeds(batch))
    if not has_returned or batch.open:
        return Verdict(stop=stop)
    if policy.exceeds(batch):
        return Verdict(stop, JobState.FAILED, Reason.CHILDREN_FAILED)
    clean = batch.failed + batch.cancelled + batch.flawed == 0
    return Verdict(stop, JobState.SUCCEEDED, Reason.RETURNED if clean else Reason.WITH_FAILURES)


class Progress(NamedTuple):
    """How far a tree is. `items` are children without children of their own, as far as they are known.

    `fraction` is the estimate, `low` and `high` its range: equal where the size is known. It is 1 only when
    the root has ended.
    """

    items: int
    succeeded: int
    failed: int
    cancelled: int
    splitting: int
    low: float
    fraction: float
    high: float


def progress(
    root: str, batches: Sequence[Batch], splitting: int, state: JobState, ends: Mapping[str, JobState]
) -> Progress:
    """Return how far the tree of `root` is, given its batches; `splitting` of its jobs may still split.

    `ends`: how the batches below it ended; one that is pruned counts as succeeded. To its parent such a batch
    is one child, and here it is none.

    What a batch that has not split yet will hold is guessed from those that have: the mean is the estimate,
    nothing and twice as much are its range.
    """
    inner = [batch for batch in batches if batch.job_id != root]
    total = sum(batch.total for batch in batches) - len(inner)
    ended_inner = [
        ends.get(batch.job_id, JobState.SUCCEEDED) for batch in inner if batch.ended_at is not None
    ]
    ended = sum(batch.ended for batch in batches) - len(ended_inner)
    failed = sum(batch.failed for batch in batches) - sum(each in DEAD for each in ended_inner)
    cancelled = sum(batch.cancelled for batch in batches) - ended_inner.count(JobState.CANCELLED)
    counts = (total, max(0, ended - failed - cancelled), failed, cancelled, splitting)
    if state in FINAL:
        return Progress(*counts, 1.0, 1.0, 1.0)
    # An unsplit batch is itself counted as an item until it splits.
    whole = max(total - splitting, 0)
    mean = whole / len(batches) if batches else 0.0
    sizes = (whole + 2 * mean * splitting, whole + mean * splitting, whole)
    low, fraction, high = (min(ended / size, NEARLY_DONE) if size else 0.0 for size in sizes)
    return Progress(*counts, low, fraction, high)
