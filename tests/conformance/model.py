"""What a store must do, in plain Python: the contract's words as data in memory, for one caller at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from beltline.core.clock import DAY, MINUTE
from beltline.core.job import Attempt, Change, ClaimedJob, Job, NewJob
from beltline.core.offers import Front
from beltline.core.order import order_key
from beltline.core.reasons import Reason
from beltline.core.states import DEAD, FINAL, JobState
from beltline.store.fronts import Lane
from beltline.store.params import Inserted, Insertion, Retention, StateCount, Tally

KEY_LIFE: Final = DAY


def row_of(new: NewJob, namespace: str) -> Job:
    """Return the row that storing a job makes."""
    given = {name: getattr(new, name) for name in NewJob._fields if name != "chosen_id"}
    empty = dict.fromkeys(Job._fields)
    return Job(
        **{**empty, "fence": 0, "runs": 0, "attempts_used": 0, "crashes": 0, **given, "namespace": namespace}
    )


def claimed_row(job: Job, session: str, now: int) -> Job:
    """Return the row that claiming this one makes."""
    return job._replace(
        state=JobState.RUNNING,
        reason=Reason.CLAIMED,
        session=session,
        started_at=now,
        runs=job.runs + 1,
        fence=job.fence + 1,
        request=None,
        error=None,
        progress=None,
        progress_note=None,
    )


def claim_of(job: Job) -> ClaimedJob:
    """Return the claim that stands for a running row."""
    fields = {name: getattr(job, name) for name in ClaimedJob._fields if name != "run"}
    return ClaimedJob(**fields, run=job.runs)


def changed_row(job: Job, change: Change) -> Job:
    """Return the row that a change which matches makes of this one."""
    row = job._replace(
        state=change.state,
        reason=change.reason,
        result=change.result,
        error=change.error,
        attempts_used=change.attempts_used,
        crashes=change.crashes,
    )
    if change.state in FINAL:
        return row._replace(finished_at=change.at, ran_version=change.ran_version)
    return row._replace(
        session=None,
        request=None,
        run_at=change.run_at,
        queued_at=change.queued_at,
        order_key=change.order_key,
        paused_from=change.paused_from,
    )


def staged_row(job: Job) -> Job:
    """Return the row that staging a due job makes."""
    assert job.run_at is not None
    return job._replace(
        state=JobState.QUEUED,
        reason=Reason.DUE,
        queued_at=job.run_at,
        order_key=order_key(job.run_at, job.priority),
    )


def replayed_row(job: Job, now: int) -> Job:
    """Return the row that replaying a dead letter makes."""
    return job._replace(
        state=JobState.QUEUED,
        reason=Reason.REPLAYED,
        queued_at=now,
        run_at=now,
        order_key=order_key(now, job.priority),
        fence=job.fence + 1,
        attempts_used=0,
        crashes=0,
        deadline_at=None,
        expires_at=None,
        result=None,
        error=None,
        finished_at=None,
        session=None,
        request=None,
        paused_from=None,
        progress=None,
        progress_note=None,
        ran_version=None,
    )


@dataclass(slots=True)
class Key:
    """An idempotency key: whose it is, and until when; None while its job is unfinished."""

    job_id: str
    payload_hash: bytes
    expires_at: int | None = None


@dataclass(slots=True)
class Model:
    """All jobs of one namespace, wherever a store keeps them, and what hangs on them."""

    namespace: str
    rows: dict[str, Job] = field(default_factory=dict)
    keys: dict[tuple[str, str], Key] = field(default_factory=dict)
    past: dict[str, list[Attempt]] = field(default_factory=dict)
    tallies: Counter[tuple[int, str, str, str]] = field(default_factory=Counter)
    paused: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)

    def insert(self, jobs: Sequence[NewJob], now: int, *, all_or_none: bool) -> list[Inserted]:
        keys = dict(self.keys)
        answers: list[Inserted] = []
        created: list[NewJob] = []
        for job in jobs:
            answer = self._insertion(job, keys, now)
            answers.append(answer)
            if answer.outcome is Insertion.CREATED:
                created.append(job)
                if job.idempotency_key is not None:
                    keys[job.definition, job.idempotency_key] = Key(job.id, job.payload_hash)
        refused = any(answer.outcome in {Insertion.KEY_REUSED, Insertion.ID_REUSED} for answer in answers)
        if not (refused and all_or_none):
            self.keys = keys
            for job in created:
                self.rows[job.id] = row_of(job, self.namespace)
                self._count(now, job.definition, job.queue, "submitted")
        return answers

    def _insertion(self, job: NewJob, keys: dict[tuple[str, str], Key], now: int) -> Inserted:
        key = keys.get((job.definition, job.idempotency_key)) if job.idempotency_key is not None else None
        if key is None or (key.expires_at is not None and key.expires_at <= now):
            return Inserted(job.id, Insertion.CREATED)
        same = key.payload_hash == job.payload_hash
        return Inserted(key.job_id, Insertion.EXISTING if same else Insertion.KEY_REUSED)

    def claim(
        self,
        session: str,
        queues: Iterable[str] | None,
        limit: int,
        now: int,
        *,
        ids: Iterable[str] | None = None,
    ) -> list[ClaimedJob]:
        wanted = None if queues is None else set(queues)
        chosen = None if ids is None else set(ids)
        ready = [
            job
            for job in self.rows.values()
            if self._eligible(job, wanted, now) and (not job.needs if chosen is None else job.id in chosen)
        ]
        ready.sort(key=lambda job: (job.order_key, job.id))
        for job in ready[:limit]:
            self.rows[job.id] = claimed_row(job, session, now)
        return [claim_of(self.rows[job.id]) for job in ready[:limit]]

    def _eligible(self, job: Job, queues: set[str] | None, now: int) -> bool:
        expired = job.expires_at is not None and job.expires_at <= now and not job.runs
        late = job.deadline_at is not None and job.deadline_at <= now
        offered = (queues is None or job.queue in queues) and job.queue not in self.paused
        return job.state is JobState.QUEUED and offered and not expired and not late

    def lanes(self, queues: Iterable[str] | None) -> set[Lane]:
        """Return what is queued, by queue and needs, in queues that are not paused."""
        queued = [job for job in self.rows.values() if job.state is JobState.QUEUED]
        names = {job.queue for job in queued} if queues is None else set(queues)
        lanes = {Lane(name, "") for name in names} | {Lane(job.queue, job.needs) for job in queued}
        return {lane for lane in lanes if lane.queue in names - self.paused}

    def fronts(self, lane: Lane, limit: int, now: int) -> list[Front]:
        ready = [
            Front(job.order_key, job.id, job.needs, job.queued_at)
            for job in self.rows.values()
            if (job.queue, job.needs) == lane and self._eligible(job, {lane.queue}, now)
            if job.order_key is not None and job.queued_at is not None
        ]
        return sorted(ready)[:limit]

    def matches(self, change: Change) -> bool:
        job = self.rows.get(change.id)
        if job is None or job.state in FINAL or (job.fence, job.state) != (change.fence, change.from_state):
            return False
        return change.state in FINAL or job.request == change.request

    def apply(self, changes: Sequence[Change], now: int) -> set[str]:
        """Write what matches; return the ids that did not."""
        missed: set[str] = set()
        for change in changes:
            if not self.matches(change):
                missed.add(change.id)
                continue
            job = self.rows[change.id]
            if job.state is JobState.RUNNING and change.state not in FINAL:
                self._keep_attempt(job, change.at, change.reason, change.error, change.ran_version)
            self.rows[change.id] = changed_row(job, change)
            if job.state is JobState.RUNNING or change.state in FINAL:
                self._count(now, job.definition, job.queue, change.state)
            if change.state in FINAL:
                self._expire_key(job, change.at + KEY_LIFE)
        return missed

    def note(self, job_id: str, fence: int, request: str | None) -> bool:
        job = self.rows[job_id]
        if job.state is not JobState.RUNNING or job.fence != fence:
            return False
        if job.request != "cancel":
            self.rows[job_id] = job._replace(request=request)
        return True

    def replay(self, job_ids: Iterable[str], now: int) -> set[str]:
        moved: set[str] = set()
        for job_id in job_ids:
            job = self.rows[job_id]
            if job.state in DEAD and job.discarded_at is None:
                if self._last_run_is_open(job):
                    self._keep_attempt(job, job.finished_at, job.reason, job.error, job.ran_version)
                self.rows[job_id] = replayed_row(job, now)
                self._expire_key(job, None)
                moved.add(job_id)
        return moved

    def discard(self, job_ids: Iterable[str], now: int) -> set[str]:
        marked = {
            job_id
            for job_id in job_ids
            if self.rows[job_id].state in DEAD and not self.rows[job_id].discarded_at
        }
        self.rows.update({job_id: self.rows[job_id]._replace(discarded_at=now) for job_id in marked})
        return marked

    def due(self, now: int) -> list[Job]:
        waits = {JobState.SCHEDULED, JobState.RETRYING}
        return [
            job
            for job in self.rows.values()
            if job.state in waits and job.run_at is not None and job.run_at <= now
        ]

    def stage(self, now: int) -> int:
        due = self.due(now)
        self.rows.update({job.id: staged_row(job) for job in due})
        return len(due)

    def overdue(self, now: int) -> set[str]:
        return {job.id for job in self.rows.values() if self._is_overdue(job, now)}

    @staticmethod
    def _is_overdue(job: Job, now: int) -> bool:
        if job.state in FINAL or job.state is JobState.RUNNING:
            return False
        late = job.deadline_at is not None and job.deadline_at <= now
        return late or (job.expires_at is not None and job.expires_at <= now and not job.runs)

    def prune(self, params: Retention) -> None:
        for job in list(self.rows.values()):
            before = params.dead_before if job.state in DEAD else params.history_before
            if job.finished_at is not None and job.finished_at < before:
                del self.rows[job.id]
                self.past.pop(job.id, None)
        gone = [
            name
            for name, key in self.keys.items()
            if key.expires_at is not None and key.expires_at <= params.now
        ]
        for name in gone:
            del self.keys[name]

    def attempts(self, job_id: str) -> list[Attempt]:
        job = self.rows[job_id]
        kept = list(self.past.get(job_id, ()))
        if self._last_run_is_open(job):
            outcome = None if job.finished_at is None else job.reason.value
            assert job.started_at is not None
            version = job.ran_version or job.version
            kept.append(
                Attempt(job.runs, job.session, job.started_at, job.finished_at, outcome, job.error, version)
            )
        return kept

    def counts(self) -> set[StateCount]:
        live = Counter(
            (job.queue, job.state)
            for job in self.rows.values()
            if job.discarded_at is None and job.state not in {JobState.SUCCEEDED, JobState.CANCELLED}
        )
        return {StateCount(queue, state, count) for (queue, state), count in live.items()}

    def _last_run_is_open(self, job: Job) -> bool:
        """Say whether the last run's facts are on the row itself and nowhere else."""
        return job.runs > 0 and job.runs not in {attempt.run for attempt in self.past.get(job.id, ())}

    def _keep_attempt(
        self, job: Job, at: int | None, reason: Reason, error: bytes | None, ran_version: str | None
    ) -> None:
        assert job.started_at is not None
        version = ran_version or job.version
        attempt = Attempt(job.runs, job.session, job.started_at, at, reason.value, error, version)
        self.past.setdefault(job.id, []).append(attempt)

    def _expire_key(self, job: Job, expires_at: int | None) -> None:
        if job.idempotency_key is None:
            return
        key = self.keys.get((job.definition, job.idempotency_key))
        if key is not None and key.job_id == job.id:
            key.expires_at = expires_at
        elif key is None and expires_at is None:
            self.keys[job.definition, job.idempotency_key] = Key(job.id, job.payload_hash)

    def _count(self, now: int, definition: str, queue: str, event: str) -> None:
        self.tallies[now - now % MINUTE, definition, queue, event] += 1


def summed(tallies: Iterable[Tally]) -> Counter[tuple[int, str, str, str]]:
    """Return tallies as the model counts them."""
    return Counter(
        {(tally.minute, tally.definition, tally.queue, tally.event): tally.jobs for tally in tallies}
    )
