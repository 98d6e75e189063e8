"""What a job waits for, and what becomes of it when that has ended: edges, conditions, cycles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from beltline.core.clock import DAY
from beltline.core.errors import PrerequisiteCycle, PrerequisiteUnknown
from beltline.core.failure import failure
from beltline.core.ids import ALPHABET, created_at
from beltline.core.job import Change, Job
from beltline.core.order import order_key
from beltline.core.reasons import Reason
from beltline.core.states import FINAL, JobState

LONGEST_UNKNOWN_US: Final = 7 * DAY
# A job that Beltline named is kept for days after its end. One that was named longer ago, and is not
# there, was there and is pruned; a younger one never was.
PRUNED_AFTER_US: Final = DAY
_ID_LENGTH: Final = 26

# What a condition stands for.
CONDITIONS: Final[Mapping[str, frozenset[JobState]]] = MappingProxyType(
    {
        "succeeded": frozenset({JobState.SUCCEEDED}),
        "failed": frozenset({JobState.FAILED, JobState.TIMED_OUT}),
        "cancelled": frozenset({JobState.CANCELLED}),
        "finished": FINAL,
    }
)


class Otherwise(StrEnum):
    """What becomes of a dependent whose condition can no longer be met."""

    CANCEL = "cancel"
    FAIL = "fail"
    RUN = "run"


class Unknown(StrEnum):
    """What an id means that no job has (yet): it is waited for, taken as met, or refused."""

    WAIT = "wait"
    SATISFIED = "satisfied"
    REFUSE = "refuse"


class Edge(NamedTuple):
    """A dependent waits for a prerequisite. Edges of one `part` are alternatives: one that is met will do.

    `condition` names CONDITIONS, several with commas. `delay_us` counts from the moment at which nothing is
    left to wait for. `unknown_at`: until when the prerequisite may be unknown; None where it exists.
    """

    dependent: str
    part: int
    prerequisite: str
    condition: str
    otherwise: str
    delay_us: int
    unknown_at: int | None = None

    def is_met(self, state: JobState | None) -> bool:
        """Say whether a prerequisite that ended so meets this edge; None is one that never came."""
        if self.otherwise == Otherwise.RUN:
            return True
        return state is not None and any(state in CONDITIONS[name] for name in self.condition.split(","))


class Ended(NamedTuple):
    """An edge whose prerequisite has ended, and how; None: it never came to be."""

    edge: Edge
    state: JobState | None

    @property
    def is_met(self) -> bool:
        """Whether that is what the dependent waits for."""
        return self.edge.is_met(self.state)


def was_pruned(job_id: str, now: int) -> bool:
    """Say of an id under which there is no job whether there must have been one that retention removed."""
    is_ours = len(job_id) == _ID_LENGTH and all(char in ALPHABET for char in job_id)
    return is_ours and created_at(job_id) < now - PRUNED_AFTER_US


class Known(NamedTuple):
    """What the store knows when edges are stored: the states of the prerequisites that exist."""

    states: Mapping[str, JobState]
    now: int


def stored_edges(edges: Sequence[Edge], unknown: Mapping[str, Unknown], known: Known) -> list[Edge]:
    """Return the edges to store: the next release sees to those of them that are decided already.

    `unknown` says for each dependent what an unknown id means. A pruned prerequisite counts as one that
    succeeded: it is kept for its retention, and dead letters are kept longer. Raises PrerequisiteUnknown
    that names all that are refused.
    """
    found: list[Edge] = []
    refused: list[tuple[str, str]] = []
    for edge in edges:
        if edge.prerequisite in known.states:
            found.append(edge._replace(unknown_at=None))
            continue
        policy = unknown.get(edge.dependent, Unknown.WAIT)
        pruned = was_pruned(edge.prerequisite, known.now)
        if pruned or policy is Unknown.SATISFIED:
            # Decided, like all others, by the next release.
            is_met = not pruned or edge.is_met(JobState.SUCCEEDED)
            otherwise = Otherwise.RUN.value if is_met else edge.otherwise
            found.append(edge._replace(otherwise=otherwise, unknown_at=known.now))
        elif policy is Unknown.REFUSE:
            refused.append((edge.dependent, edge.prerequisite))
        else:
            found.append(edge._replace(unknown_at=edge.unknown_at or known.now + LONGEST_UNKNOWN_US))
    if refused:
        raise PrerequisiteUnknown(refused)
    return found


def require_acyclic(edges: Iterable[tuple[str, str]], begin: Iterable[str]) -> None:
    """Raise PrerequisiteCycle, naming it, where a walk along (dependent, prerequisite) comes back.

    The walk begins at each of `begin`; any cycle that new edges close goes through one of their dependents.
    """
    after: dict[str, list[str]] = {}
    for dependent, prerequisite in edges:
        after.setdefault(dependent, []).append(prerequisite)
    done: set[str] = set()
    for start in begin:
        _walk(start, after, done)


def _walk(start: str, after: Mapping[str, Sequence[str]], done: set[str]) -> None:
    path: list[str] = []
    on_path: set[str] = set()
    stack: list[tuple[str, bool]] = [(start, False)]
    while stack:
        node, is_left = stack.pop()
        if is_left:
            path.pop()
            on_path.discard(node)
            done.add(node)
        elif node in on_path:
            raise PrerequisiteCycle([*path[path.index(node) :], node])
        elif node not in done:
            path.append(node)
            on_path.add(node)
            stack.append((node, True))
            stack.extend((each, False) for each in after.get(node, ()))


class Standing(NamedTuple):
    """How a dependent stands after some of its edges went.

    `ended`: those edges. `waits`: whether others are left. `lost`: the first part that has no alternative
    left and was not met.
    """

    job: Job
    ended: Sequence[Ended]
    waits: bool
    lost: Ended | None


def release(standing: Standing, now: int) -> Change | None:
    """Return what becomes of a dependent, None where it waits on (or is not waiting any more).

    It is queued, or scheduled by its delay or its own `run_at`; where a part is lost, it ends as its policy
    says. A paused one stays paused and goes on from there once it is resumed.
    """
    job = standing.job
    is_paused = job.state is JobState.PAUSED and job.paused_from is JobState.WAITING
    if job.state is not JobState.WAITING and not is_paused:
        return None
    if standing.lost is not None:
        return _lost(job, standing.lost, now)
    if standing.waits:
        return None
    delay = max((ended.edge.delay_us for ended in standing.ended), default=0)
    run_at = max(now + delay, job.run_at or 0)
    later = run_at > now
    state = JobState.SCHEDULED if later else JobState.QUEUED
    return _changed(job, now)._replace(
        state=JobState.PAUSED if is_paused else state,
        reason=Reason.PAUSE_REQUESTED if is_paused else Reason.DELAYED if later else Reason.DUE,
        paused_from=state if is_paused else None,
        run_at=run_at,
        queued_at=None if later else now,
        order_key=None if later else order_key(now, job.priority),
    )


def _lost(job: Job, lost: Ended, now: int) -> Change:
    edge, state = lost
    if state is None:
        reason = Reason.PREREQUISITE_UNKNOWN
        what = f"no job {edge.prerequisite} came to be in time"
    else:
        reason = Reason.PREREQUISITE_FAILED
        what = f"job {edge.prerequisite} ended {state.value}; this one waits for it to be {edge.condition}"
    fails = edge.otherwise == Otherwise.FAIL
    return _changed(job, now)._replace(
        state=JobState.FAILED if fails else JobState.CANCELLED,
        reason=reason,
        error=failure("PrerequisiteFailed", what),
    )


def _changed(job: Job, now: int) -> Change:
    return Change(
        id=job.id,
        fence=job.fence,
        definition=job.definition,
        queue=job.queue,
        from_state=job.state,
        state=job.state,
        reason=job.reason,
        at=now,
        error=job.error,
        attempts_used=job.attempts_used,
        crashes=job.crashes,
        request=job.request,
        idempotency_key=job.idempotency_key,
    )


def are_simple(ended: Sequence[Ended]) -> tuple[list[str], list[str]]:
    """Return the dependents that only had edges met, without a delay, and the others.

    The first are ready when they have no edge left, whatever else holds of them: the store asks that.
    """
    others = {each.edge.dependent for each in ended if each.edge.delay_us or not each.is_met}
    simple = {each.edge.dependent for each in ended} - others
    return sorted(simple), sorted(others)


def asked(ended: Sequence[Ended], dependents: Collection[str]) -> list[tuple[str, int]]:
    """Return the parts of these dependents that must be known: those not met, and one of each dependent."""
    found = {each.edge.dependent: each.edge.part for each in ended if each.edge.dependent in dependents}
    parts = {each.edge[:2] for each in ended if not each.is_met and each.edge.dependent in dependents}
    return sorted(parts | set(found.items()))


def _place(ended: Ended) -> tuple[int, str]:
    return ended.edge.part, ended.edge.prerequisite


def standings(
    jobs: Iterable[Job], ended: Sequence[Ended], left: Mapping[tuple[str, int], tuple[bool, bool]]
) -> list[Standing]:
    """Return how each of the dependents stands.

    `left` says of what was `asked` whether the dependent, and whether the part, has edges left.
    """
    by_dependent: dict[str, list[Ended]] = {}
    for each in ended:
        by_dependent.setdefault(each.edge.dependent, []).append(each)
    waiting = {dependent for (dependent, _), (waits, _) in left.items() if waits}
    found: list[Standing] = []
    for job in jobs:
        # Stores give edges in no order.
        mine = sorted(by_dependent.get(job.id, ()), key=_place)
        met = {each.edge.part for each in mine if each.is_met}
        lost = next(
            (
                each
                for each in mine
                if not each.is_met and each.edge.part not in met and not left[each.edge[:2]][1]
            ),
            None,
        )
        found.append(Standing(job, mine, job.id in waiting, lost))
    return found
