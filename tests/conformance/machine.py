"""A Hypothesis machine that does the same to a store and to the model, and compares them after each step."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Collection, Coroutine, Sequence
from typing import Any, Final, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from beltline.core.clock import DAY, MINUTE
from beltline.core.decide import Policy, decide
from beltline.core.errors import LeaseLost
from beltline.core.job import Change, ClaimedJob, Job
from beltline.core.outcome import Ending, Outcome
from beltline.core.reasons import Reason
from beltline.core.states import DEAD, FINAL, PAUSABLE, JobState
from beltline.store.contract import Store
from beltline.store.fronts import FindFronts
from beltline.store.params import DiscardDead, Insertion, NoteRequests, Progress, ReplayDead, Retention
from tests.clocks import FakeClock
from tests.conformance.builders import change_to
from tests.conformance.model import Model, summed
from tests.conformance.stores import Place
from tests.conformance.world import World

T = TypeVar("T")

QUEUES: Final = ("red", "green", "blue")
SESSIONS: Final = ("one", "two")
MOVABLE: Final = PAUSABLE | {JobState.PAUSED}
STARTS: Final = (JobState.QUEUED, JobState.QUEUED, JobState.QUEUED, JobState.SCHEDULED, JobState.WAITING)
NEEDS: Final = ('{"resources":{"cpu":1}}', '{"tags":["eu"]}')
OUTCOMES: Final = (
    Outcome(Ending.SUCCEEDED, result=b'{"ok":1}'),
    Outcome(Ending.SUCCEEDED),
    Outcome(Ending.FAILED, error=b'{"type":"E"}'),
    Outcome(Ending.FAILED, error=b'{"type":"F"}', reason=Reason.NOT_RETRYABLE),
    Outcome(Ending.TIMED_OUT, error=b'{"type":"T"}'),
    Outcome(Ending.CANCELLED),
    Outcome(Ending.SNOOZED, delay_us=MINUTE),
    Outcome(Ending.RELEASED, reason=Reason.DRAINED),
    Outcome(Ending.RELEASED, reason=Reason.NO_HANDLER, delay_us=MINUTE),
    Outcome(Ending.LOST, error=b'{"type":"WorkerLost"}'),
)

ASKED: Final = st.none() | st.lists(st.sampled_from(QUEUES), min_size=1, max_size=2, unique=True).map(tuple)
JOBS: Final = st.fixed_dictionaries(
    {
        "state": st.sampled_from(STARTS),
        "queue": st.sampled_from(QUEUES),
        "definition": st.sampled_from(("a", "b")),
        "priority": st.integers(-2, 2),
        "idempotency_key": st.sampled_from((None, None, "k1", "k2")),
        "payload": st.sampled_from((b"{}", b'{"n":1}')),
        "max_attempts": st.integers(1, 3),
        "needs": st.sampled_from(("", "", "", *NEEDS)),
        "backoff": st.sampled_from((None, None, '{"backoff":"fixed","base_us":1}')),
        "expires_in": st.sampled_from((None, None, 30_000_000, 2 * MINUTE)),
        "deadline_in": st.sampled_from((None, None, MINUTE, 10 * MINUTE)),
    }
)


class StoreMachine(RuleBasedStateMachine):
    """Each run has a namespace of its own in one open store, so that a run costs no connection."""

    def __init__(self, runner: asyncio.Runner, place: Place, store: Store) -> None:
        super().__init__()
        self.runner = runner
        self.clock = FakeClock()
        # Ids decide ties: the same run must make the same ones again, or nothing found could be repeated.
        self.world = World(place, store, self.clock, f"m-{uuid.uuid4().hex[:12]}", seed=11)
        self.model = Model(self.world.namespace)
        self.claims: list[ClaimedJob] = []
        self.sessions: dict[str, str] = {}
        self.random = random.Random(7)
        self.steps = 0

    def run(self, verb: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(verb)

    @property
    def now(self) -> int:
        return self.clock.now()

    @initialize(specs=st.lists(JOBS, min_size=4, max_size=8))
    def begin(self, specs: list[dict[str, Any]]) -> None:
        for name in SESSIONS:
            self.sessions[name] = self.run(self.world.session(name))
        self.insert(specs, all_or_none=False)

    # ---- submit and claim ----

    @rule(specs=st.lists(JOBS, min_size=1, max_size=6), all_or_none=st.booleans())
    def insert(self, specs: list[dict[str, Any]], all_or_none: bool) -> None:
        jobs = []
        for spec in specs:
            fields = dict(spec)
            for name in ("expires", "deadline"):
                after = fields.pop(f"{name}_in")
                fields[f"{name}_at"] = None if after is None else self.now + after
            jobs.append(self.world.new(**fields))
        expected = self.model.insert(jobs, self.now, all_or_none=all_or_none)

        answers = self.run(self.world.insert(*jobs, all_or_none=all_or_none))

        if (
            all(answer.outcome in {Insertion.CREATED, Insertion.EXISTING} for answer in expected)
            or not all_or_none
        ):
            assert answers == expected
        else:
            refused = [answer for answer in expected if answer.outcome is Insertion.KEY_REUSED]
            assert [answer for answer in answers if answer.outcome is Insertion.KEY_REUSED] == refused

    @precondition(lambda self: self.rows_in({JobState.QUEUED}))
    @rule(name=st.sampled_from(SESSIONS), queues=ASKED, limit=st.integers(1, 5))
    def claim(self, name: str, queues: tuple[str, ...] | None, limit: int) -> None:
        session = self.sessions[name]
        expected = self.model.claim(session, queues, limit, self.now)

        claimed = self.run(self.world.claim(session=session, queues=queues, limit=limit))

        assert claimed == expected
        self.claims.extend(claimed)

    @precondition(lambda self: any(row.needs for row in self.rows_in({JobState.QUEUED})))
    @rule(name=st.sampled_from(SESSIONS), queues=ASKED, limit=st.integers(1, 5))
    def pick(self, name: str, queues: tuple[str, ...] | None, limit: int) -> None:
        """Look what is asked for, and claim some of it, as a worker does that has room."""
        session, store, namespace = self.sessions[name], self.world.store, self.world.namespace
        lanes = self.run(store.fronts.lanes(namespace, queues))
        assert (len(lanes), set(lanes)) == (len(set(lanes)), self.model.lanes(queues))
        params = FindFronts(namespace=namespace, lanes=lanes, limit=limit, now=self.now)
        fronts = self.run(store.fronts.fronts(params))
        assert fronts == sorted(front for lane in lanes for front in self.model.fronts(lane, limit, self.now))
        ids = tuple(front.id for front in fronts if front.needs)
        expected = self.model.claim(session, None, limit, self.now, ids=ids)

        claimed = self.run(self.world.claim(session=session, ids=ids, limit=limit))

        assert claimed == expected
        self.claims.extend(claimed)

    @precondition(lambda self: self.rows_in({JobState.QUEUED}))
    @rule(
        name=st.sampled_from(SESSIONS), outcomes=st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=6)
    )
    def work(self, name: str, outcomes: list[Outcome]) -> None:
        """Claim and settle, as a worker does all day."""
        known = len(self.claims)
        self.claim(name, None, len(outcomes))
        claimed = self.claims[known:]
        self.clock.advance(1_000)
        self.write([self.decided(job, outcome) for job, outcome in zip(claimed, outcomes, strict=False)])

    # ---- settle, fresh and stale ----

    @precondition(lambda self: self.claims)
    @rule(picks=st.lists(st.integers(0, 10_000), min_size=1, max_size=5), outcome=st.sampled_from(OUTCOMES))
    def settle(self, picks: list[int], outcome: Outcome) -> None:
        """Settle claims of any age: most are stale, and must not matter."""
        picked = {claim.id: claim for claim in (self.claims[-1 - pick % len(self.claims)] for pick in picks)}
        self.write([self.decided(claim, outcome) for claim in picked.values()])

    @precondition(lambda self: self.running())
    @rule(pick=st.integers(0, 10_000))
    def settle_as_seen(self, pick: int) -> None:
        """Settle a running job as a worker does that has heard of every request; requested ones first."""
        running = sorted(self.running(), key=lambda row: row.request is None)
        row = running[pick % 10 % len(running)]
        claim = next(claim for claim in self.claims if (claim.id, claim.fence) == (row.id, row.fence))
        self.write([self.decided(claim._replace(request=row.request), OUTCOMES[pick % len(OUTCOMES)])])

    def rows_in(self, states: Collection[JobState]) -> list[Job]:
        return [row for row in self.model.rows.values() if row.state in states]

    def running(self) -> list[Job]:
        return self.rows_in({JobState.RUNNING})

    def decided(self, claim: ClaimedJob, outcome: Outcome) -> Change:
        # Every other run has code of a newer version than the job was made with.
        version = "newer" if claim.run % 2 else claim.version
        policy = Policy(max_crashes=2, version=version)
        return decide(claim, outcome, policy, now=self.now, random=self.random)

    def write(self, changes: Sequence[Change]) -> None:
        expected = self.model.apply(changes, self.now)

        misses = self.run(self.world.apply(*changes))

        assert {miss.id for miss in misses} == expected
        for miss in misses:
            assert miss.current == self.model.rows.get(miss.id)

    # ---- operators ----

    @precondition(lambda self: self.running())
    @rule(
        pick=st.integers(0, 10_000), request=st.sampled_from(("cancel", "pause", None)), stale=st.booleans()
    )
    def note(self, pick: int, request: str | None, stale: bool) -> None:
        running = self.running()
        row = running[pick % len(running)]
        pair = (row.id, row.fence - stale)
        changes_nothing = row.request == "cancel"
        noted = self.model.note(*pair, request)

        params = NoteRequests(namespace=self.world.namespace, jobs=[pair], request=request, now=self.now)
        answer = self.run(self.world.store.jobs.note_requests(params))

        if not changes_nothing:
            assert answer == [row.id][:noted]

    @rule(
        pick=st.integers(0, 10_000),
        end=st.sampled_from((JobState.CANCELLED, JobState.PAUSED, JobState.QUEUED, JobState.TIMED_OUT)),
    )
    def move(self, pick: int, end: JobState) -> None:
        """Cancel, park, resume or end a job that does not run."""
        still = [row for row in self.rows_in(MOVABLE) if row.state is not end]
        if still:
            self.write([change_to(still[pick % len(still)], end, self.now)])

    @rule(queue=st.sampled_from(QUEUES), paused=st.booleans())
    def pause_queue(self, queue: str, paused: bool) -> None:
        self.run(self.world.store.queues.set_paused(self.world.namespace, queue, paused=paused, now=self.now))
        (self.model.paused.add if paused else self.model.paused.discard)(queue)

    @precondition(lambda self: self.rows_in(FINAL))
    @rule(pick=st.integers(0, 10_000), discard=st.sampled_from((False, False, True)))
    def bury_or_raise(self, pick: int, discard: bool) -> None:
        ended = self.rows_in(DEAD) * 3 + self.rows_in(FINAL)
        ids = [ended[pick % len(ended)].id]
        if discard:
            params = DiscardDead(namespace=self.world.namespace, ids=ids, now=self.now)
            assert set(self.run(self.world.store.jobs.discard(params))) == self.model.discard(ids, self.now)
        else:
            replays = ReplayDead(namespace=self.world.namespace, ids=ids, now=self.now)
            assert set(self.run(self.world.store.jobs.replay(replays))) == self.model.replay(ids, self.now)

    @precondition(lambda self: self.claims)
    @rule(pick=st.integers(0, 10_000), fraction=st.floats(0, 1))
    def progress(self, pick: int, fraction: float) -> None:
        claim = self.claims[-1 - pick % len(self.claims)]
        report = Progress(claim.id, claim.fence, fraction, "on")
        self.run(self.world.store.jobs.progress(self.world.namespace, [report]))
        row = self.model.rows.get(claim.id)
        if row is not None and row.state is JobState.RUNNING and row.fence == claim.fence:
            self.model.rows[row.id] = row._replace(progress=fraction, progress_note="on")

    # ---- sessions ----

    @rule(name=st.sampled_from(SESSIONS), lost=st.booleans(), rescue=st.booleans())
    def end_session(self, name: str, lost: bool, rescue: bool) -> None:
        """End a session, rescue what it held or leave that for later, and start its successor."""
        session, store, namespace = self.sessions[name], self.world.store, self.world.namespace
        if lost:
            assert self.run(store.sessions.lose(namespace, session, 0, self.now))
        else:
            self.run(store.sessions.close(namespace, session, self.now))
        assert not self.run(store.sessions.beat(namespace, session, self.now)).alive
        with pytest.raises(LeaseLost):
            self.run(self.world.claim(session=session))
        self.model.ended.add(session)
        if rescue:
            self.rescue()
        self.sessions[name] = self.run(self.world.session(name))

    @precondition(lambda self: any(map(self.is_orphan, self.running())))
    @rule()
    def rescue(self) -> None:
        """Rescue what ended sessions hold, as any worker may at any time."""
        store, namespace = self.world.store, self.world.namespace
        listed = self.run(store.sessions.page(namespace))
        held: list[ClaimedJob] = []
        for session in listed:
            if session.id in self.model.ended:
                held.extend(self.run(store.jobs.held(namespace, session.id)))
        expected = {row.id for row in self.model.rows.values() if self.is_orphan(row)}
        assert {job.id for job in held} == expected
        self.write([self.decided(job, Outcome(Ending.LOST)) for job in sorted(held)])
        assert not any(self.is_orphan(row) for row in self.model.rows.values())

    def is_orphan(self, row: Job) -> bool:
        return row.state is JobState.RUNNING and row.session in self.model.ended

    # ---- time and upkeep ----

    @rule(
        micros=st.sampled_from((1, 1_000_000, MINUTE, MINUTE, MINUTE, 10 * MINUTE, DAY)),
        stage=st.booleans(),
        end_overdue=st.booleans(),
    )
    def pass_time(self, micros: int, stage: bool, end_overdue: bool) -> None:
        """Let time pass; upkeep follows at once, or later."""
        self.clock.advance(micros)
        upkeep = self.world.store.upkeep
        if end_overdue:
            expected = self.model.overdue(self.now)
            found = self.run(upkeep.overdue(self.world.namespace, self.now, 1_000))
            assert {job.id for job in found} == expected
            self.write([change_to(job, JobState.TIMED_OUT, self.now) for job in found])
        if stage:
            moved = self.model.stage(self.now)
            assert self.run(upkeep.stage(self.world.namespace, self.now, 1_000)) == moved

    @rule(limit=st.integers(1, 10), prune=st.booleans(), days=st.integers(0, 2))
    def tidy(self, limit: int, prune: bool, days: int) -> None:
        """Fold, and remove what ended before a midnight: each store can do that exactly."""
        upkeep = self.world.store.upkeep
        assert self.run(upkeep.fold(self.world.namespace, limit)) <= limit
        midnight = self.now - self.now % DAY - days * DAY
        params = Retention(
            namespace=self.world.namespace,
            history_before=midnight,
            dead_before=midnight,
            sessions_before=0,
            tallies_before=0,
            now=self.now,
        )
        while prune and any(self.run(upkeep.prune(params)).values()):
            pass
        if prune:
            self.model.prune(params)

    # ---- what must be true at all times ----

    @invariant()
    def jobs_are_as_the_model_says(self) -> None:
        ids = sorted(self.model.rows)
        found = self.run(self.world.store.reads.get(self.world.namespace, ids))
        for row, expected in zip(found, map(self.model.rows.__getitem__, ids), strict=True):
            assert row == expected, {
                name: (getattr(row, name), getattr(expected, name))
                for name in Job._fields
                if getattr(row, name) != getattr(expected, name)
            }

    @invariant()
    def sums_are_as_the_model_says(self) -> None:
        """Compare what no later step could repair, at every fourth step: to count is dear."""
        self.steps += 1
        if not self.steps % 4:
            self.compare_sums()

    def compare_sums(self) -> None:
        namespace, store = self.world.namespace, self.world.store
        assert set(self.run(store.reads.counts(namespace))) == self.model.counts()
        assert summed(self.run(store.upkeep.tallies(namespace, 0, 2**62))) == self.model.tallies
        due = [job.run_at for job in self.model.due(2**62) if job.run_at is not None]
        assert self.run(store.upkeep.next_due(namespace)) == min(due, default=None)

    def teardown(self) -> None:
        self.compare_sums()
        for job_id in self.model.rows:
            found = self.run(self.world.store.reads.attempts(self.world.namespace, job_id))
            assert found == self.model.attempts(job_id)
