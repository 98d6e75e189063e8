"""Watches every transaction from outside and holds it against the rules.

It sees the jobs before and after each verb, and what was asked of the store; it asks nothing of the code
under test but to read them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from beltline.core.job import Change, ClaimedJob, Job
from beltline.core.retry import MAX_CRASHES
from beltline.core.states import DEAD, FINAL, JobEvent, JobState, targets
from beltline.store.params import ApplyChanges, ClaimJobs, InsertJobs, Retention
from beltline.store.replays import AdvanceRun
from beltline.store.steps import RecordSteps, StepOutcome
from tests.simulation.steps import StepWitness

WRITES: Final = frozenset(
    {
        *(f"jobs.{verb}" for verb in ("insert", "claim", "apply", "note_requests", "replay", "discard")),
        "edges.release",
        "replays.advance",
        "schedules.fire",
        "upkeep.stage",
        "upkeep.prune",
    }
)
_NEVER_CHANGED: Final = (
    *("definition", "version", "queue", "priority", "payload", "payload_hash", "labels", "created_at"),
    *("max_attempts", "idempotency_key", "owner", "actor"),
)
_KEPT_WHEN_FINAL: Final = ("fence", "state", "reason", "runs", "result", "finished_at", "attempts_used")


class Violation(AssertionError):
    """A rule was broken."""


class Ask(NamedTuple):
    """A verb and its parameters, as an actor called it."""

    verb: str
    arguments: tuple[object, ...]
    named: Mapping[str, object]


class SessionSeen(NamedTuple):
    """What is known of a session from outside: its lease, and when (monotonic) its last beat was written."""

    lease_us: int
    beat_at: int
    open: bool = True


class Witness:
    """`jobs` is what the store holds; the counters say what happened to it."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.pruned: dict[str, Job] = {}
        self.claims: Counter[str] = Counter()
        self.settled: dict[tuple[str, int], JobState] = {}
        self.started: Counter[tuple[str, int]] = Counter()
        self.events: Counter[tuple[str, str, str]] = Counter()
        self.sessions: dict[str, SessionSeen] = {}
        self.paused_queues: set[str] = set()
        self.replayed: Counter[tuple[str, str]] = Counter()
        self.ended_runs: set[str] = set()
        self.steps = StepWitness()

    def look(self, ask: Ask, jobs: Sequence[Job]) -> None:
        """Compare the jobs after a verb with those before it. Raises Violation."""
        after = {job.id: job for job in jobs}
        _require(len(after) == len(jobs), "a job is in two places at once", ask)
        for job_id, old in self.jobs.items():
            new = after.get(job_id)
            if new is None:
                self._gone(ask, old)
            elif new != old:
                self._changed(ask, old, new)
        for job_id, job in after.items():
            if job_id not in self.jobs:
                self._born(ask, job)
        running = [job for job in jobs if job.state is JobState.RUNNING]
        self._handed_out(ask, {job.id for job in running if self._was_not_running(job)})
        self.jobs = after

    def begun(self, job: ClaimedJob) -> None:
        """Hear that a body was started."""
        self.started[job.id, job.fence] += 1
        _require(self.started[job.id, job.fence] == 1, f"{job.id}/{job.fence} was started twice")

    def written(self, change: Change) -> None:
        """Hear that a worker believes that its change was written."""
        state = self.settled.get((change.id, change.fence))
        _require(state is change.state, f"{change.id}/{change.fence}: told {change.state}, it is {state}")

    def recorded(self, params: RecordSteps, outcomes: Sequence[StepOutcome]) -> None:
        """Hear what became of records of steps."""
        self.steps.answered(params, outcomes, self.jobs)
        self.agree()

    def agree(self) -> None:
        """Raise Violation where a rule of steps was broken."""
        _require(not self.steps.faults, "; ".join(self.steps.faults))

    def nothing_moved(self, ask: Ask) -> None:
        """Hear that a verb says that there was nothing to do."""
        self._handed_out(ask, set())

    def _handed_out(self, ask: Ask, claimed: set[str]) -> None:
        """A claim takes the front of what may run: no less, and nothing else."""
        params = ask.arguments[0]
        if isinstance(params, ClaimJobs):
            fit = [job for job in self.jobs.values() if self._may_run(params, job)]
            fit.sort(key=lambda job: (job.order_key or 0, job.id))
            front = {job.id for job in fit[: params.limit]}
            _require(claimed == front, f"claimed {claimed}, the front is {front}", ask)

    def _was_not_running(self, job: Job) -> bool:
        return self.jobs[job.id].state is not JobState.RUNNING

    def _may_run(self, params: ClaimJobs, job: Job) -> bool:
        never_ran_in_time = job.runs == 0 and job.expires_at is not None and job.expires_at <= params.now
        too_late = job.deadline_at is not None and job.deadline_at <= params.now
        asked_for = not job.needs if params.ids is None else job.id in params.ids
        fit = asked_for and job.state is JobState.QUEUED and job.queue not in self.paused_queues
        return fit and not never_ran_in_time and not too_late

    def lost(self, session: str, now: int) -> None:
        """Hear that a session was marked lost at the monotonic time `now`."""
        seen = self.sessions[session]
        _require(
            now - seen.beat_at >= seen.lease_us, f"{session} was lost {now - seen.beat_at} us after a beat"
        )
        self.sessions[session] = seen._replace(open=False)

    def _born(self, ask: Ask, job: Job) -> None:
        _require(ask.verb in {"jobs.insert", "schedules.fire"}, f"{job.id} appeared", ask)
        _require(job.state in _born_as(ask), f"{job.id} was born {job.state}", ask)
        if job.id in self.pruned:
            self._reborn(ask, job)
        self.events[job.definition, job.queue, "submitted"] += 1

    def _reborn(self, ask: Ask, job: Job) -> None:
        """A chosen id may be used again once retention has removed its job: a new life."""
        params = ask.arguments[0]
        assert isinstance(params, InsertJobs), ask
        chosen = any(new.id == job.id and new.chosen_id for new in params.jobs)
        _require(chosen, f"{job.id} rose from the dead", ask)
        del self.pruned[job.id], self.claims[job.id]
        for counted in (self.settled, self.started):
            for key in [key for key in counted if key[0] == job.id]:
                del counted[key]

    def _gone(self, ask: Ask, old: Job) -> None:
        params = ask.arguments[0]
        _require(ask.verb == "upkeep.prune" and old.state in FINAL, f"{old.id} ({old.state}) vanished", ask)
        assert isinstance(params, Retention)
        limit = params.dead_before if old.state in DEAD else params.history_before
        _require((old.finished_at or 0) < limit, f"{old.id} was removed before its time", ask)
        self.pruned[old.id] = old
        self.steps.forgotten(old.id)

    def _changed(self, ask: Ask, old: Job, new: Job) -> None:
        _require(new.fence >= old.fence and new.runs >= old.runs, f"{old.id}: a counter went down", ask)
        same = all(getattr(old, name) == getattr(new, name) for name in _NEVER_CHANGED)
        _require(same, f"{old.id}: what was submitted was changed", ask)
        _require(new.crashes <= MAX_CRASHES, f"{old.id} crashed {new.crashes} times", ask)
        _require(new.attempts_used <= new.max_attempts, f"{old.id} used {new.attempts_used} attempts", ask)
        if old.state in FINAL:
            self._final(ask, old, new)
        elif old.state is JobState.RUNNING and new.state is not JobState.RUNNING:
            self._ended(ask, old, new)
        elif new.state is JobState.RUNNING and old.state is not JobState.RUNNING:
            self._claimed(ask, old, new)
        else:
            _require(new.fence == old.fence and new.runs == old.runs, f"{old.id} was claimed or not?", ask)
            _require(_allowed(old.state, new.state), f"{old.id}: {old.state} → {new.state}", ask)
            if ask.verb == "upkeep.stage":
                _require((old.run_at or 0) <= int(str(ask.arguments[1])), f"{old.id} was staged early", ask)
            if new.state in FINAL:
                self.events[new.definition, new.queue, new.state.value] += 1

    def _final(self, ask: Ask, old: Job, new: Job) -> None:
        if ask.verb in {"jobs.replay", "replays.advance"} and old.state in DEAD and old.discarded_at is None:
            _require(new.state is JobState.QUEUED and new.fence == old.fence + 1, f"{old.id} replayed", ask)
            self._replayed(ask, old)
            return
        same = all(getattr(old, name) == getattr(new, name) for name in _KEPT_WHEN_FINAL)
        _require(same and ask.verb == "jobs.discard", f"{old.id}: final {old.state} was overwritten", ask)
        self.steps.forgotten(old.id)

    def _replayed(self, ask: Ask, old: Job) -> None:
        """A run replays a letter once, and none while it is not running."""
        params = ask.arguments[0]
        if isinstance(params, AdvanceRun):
            self.replayed[params.run_id, old.id] += 1
            once = self.replayed[params.run_id, old.id] == 1
            _require(once and params.run_id not in self.ended_runs, f"{old.id} was replayed by a run", ask)

    def _ended(self, ask: Ask, old: Job, new: Job) -> None:
        params = ask.arguments[0]
        assert isinstance(params, ApplyChanges), ask
        change = next((change for change in params.changes if change.id == old.id), None)
        if change is None or change.fence != old.fence:
            raise Violation(f"{old.id}/{old.fence}: a stale write was accepted: {change}")
        _require(change.from_state is JobState.RUNNING, f"{old.id}: decided for {change.from_state}", ask)
        _require(new.state is change.state and new.fence == old.fence, f"{old.id}: not as decided", ask)
        _require(_allowed(old.state, new.state), f"{old.id}: {old.state} → {new.state}", ask)
        if old.request == "cancel":
            _require(new.state in FINAL, f"{old.id}: a noted cancel was overwritten by {new.state}", ask)
        if old.request == "pause":
            parked = new.state in FINAL or new.state is JobState.PAUSED
            _require(parked, f"{old.id}: a noted pause was overwritten by {new.state}", ask)
        _require((old.id, old.fence) not in self.settled, f"{old.id}/{old.fence} was settled twice", ask)
        self.settled[old.id, old.fence] = new.state
        if new.state is JobState.SUCCEEDED:
            self.steps.ended(new)
            self.agree()
        self.events[new.definition, new.queue, new.state.value] += 1

    def _claimed(self, ask: Ask, old: Job, new: Job) -> None:
        params = ask.arguments[0]
        assert isinstance(params, ClaimJobs), ask
        _require(old.state is JobState.QUEUED, f"{old.id} was claimed while {old.state}", ask)
        _require(new.fence == old.fence + 1 and new.runs == old.runs + 1, f"{old.id}: claim uncounted", ask)
        _require(new.session == params.session, f"{old.id} is held by {new.session}", ask)
        _require(self.sessions[params.session].open, f"{params.session} had ended when it claimed", ask)
        _require(new.queue not in self.paused_queues, f"{old.id} came out of a paused queue", ask)
        self.claims[old.id] += 1


def _born_as(ask: Ask) -> set[JobState]:
    """What a job may be at first: one that waits for others, or stands for its children, waits."""
    params = ask.arguments[0]
    waits = isinstance(params, InsertJobs) and (params.waits.edges or params.opens or params.family)
    return {JobState.QUEUED, JobState.SCHEDULED, *([JobState.WAITING] if waits else [])}


def _allowed(old: JobState, new: JobState) -> bool:
    return old is new or any(new in targets(old, event) for event in JobEvent)


def _require(kept: bool, what: str, ask: Ask | None = None) -> None:
    if not kept:
        raise Violation(f"{what} (in {ask.verb} {ask.arguments})" if ask else what)
