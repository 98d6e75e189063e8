"""The stage of a simulation: one store, one clock, one source of chance, a witness, and lost replies."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Coroutine
from typing import Any, Final, Self, TypeVar, cast

from beltline.core.clock import MICROS
from beltline.core.errors import StoreUnavailable
from beltline.core.job import Job, NewJob
from beltline.store.contract import Store
from beltline.store.params import (
    BeatReply,
    Definition,
    NewSession,
)
from beltline.store.replays import OPEN, NoteRun
from beltline.store.rows import JOB_COLUMNS, job_of
from beltline.store.sqlite.gates import InlineGate
from beltline.store.sqlite.store import SqliteStore
from beltline.store.sqlite.transaction import Transaction
from beltline.store.steps import RecordSteps, StepOutcome
from beltline.testing.simulation import Crashes, Simulation, crash_at_random
from tests.clocks import FakeClock
from tests.simulation.witness import WRITES, Ask, SessionSeen, Violation, Witness

T = TypeVar("T")

NAMESPACE: Final = "sim"
LEASE_US: Final = 4 * MICROS
CRASH_CHANCE: Final = 0.008
STALL_CHANCE: Final = 0.006
FAULT_CHANCE: Final = 0.01
DEFINITIONS: Final = ("ship", "bill")
_COLUMNS: Final = ", ".join(JOB_COLUMNS)
_ALL_JOBS: Final = " UNION ALL ".join(
    f"SELECT {_COLUMNS} FROM {table}"  # noqa: S608 - names of our own
    for table in ("jobs", "dead", "history")
)
_GROUPS: Final = (
    "jobs", "reads", "sessions", "queues", "definitions", "logs", "fronts", "steps",
    "upkeep", "audit", "wakeups", "replays", "dead_letters", "schedules", "edges", "batches", "workflows",
)  # fmt: skip


class World:
    """What the actors of one seed share. `store` is what they see: each verb is told to the witness."""

    def __init__(
        self, seed: int, *, crashes: Crashes | None = None, wrap: Callable[[Store], Store] | None = None
    ) -> None:
        self.random = random.Random(seed)
        self.clock = FakeClock()
        self.witness = Witness()
        self.simulation = Simulation(
            self.random,
            crashes=crashes or crash_at_random(self.random, CRASH_CHANCE),
            stall_chance=STALL_CHANCE if crashes is None else 0.0,
        )
        self.attempted: dict[str, NewJob] = {}
        self.acknowledged: set[str] = set()
        self.keys: dict[tuple[str, str], set[str]] = {}
        self.submitting = 0
        # To look for jobs with needs takes hops: a fourth of the seeds has some.
        self.has_needs = seed % 4 == 0
        self.fault_chance = FAULT_CHANCE if crashes is None else 0.0
        self.calm = False
        self._known: dict[tuple[object, ...], Job] = {}
        self._jobs: list[Job] = []
        self._written = -1
        self._store = SqliteStore(None, clock=self.clock, hop=self._hop)
        inner: Store = self._store
        self.store = cast("Store", Told(wrap(inner) if wrap else inner, self.simulation))

    def __enter__(self) -> Self:
        drive(self._store.open())
        applied = [_definition(name) for name in DEFINITIONS]
        drive(self._store.definitions.apply(NAMESPACE, applied, self.clock.now()))
        return self

    def __exit__(self, *_: object) -> None:
        self.simulation.close()
        drive(self._store.close())

    def chance(self, probability: float) -> bool:
        """Toss."""
        return self.random.random() < probability

    def below(self, limit: int) -> int:
        """Draw a whole number from 0 to limit - 1."""
        return int(self.random.random() * limit)

    def read(self, call: Callable[[Store], Coroutine[Any, Any, T]]) -> T:
        """Ask the store at once, unseen by the actors."""
        return drive(call(self._store))

    def all_jobs(self) -> list[Job]:
        """Every job that the store holds, read from its tables: `page` took a fourth of a seed's time.

        Where no row of any table was written since the last look, it is what it was.
        """
        written = cast("InlineGate", self._store._gate)._connected().total_changes
        if written != self._written:
            self._written = written
            self._jobs = [self._job(row) for row in drive(self._store._gate.read(_job_rows))]
        return self._jobs

    def _job(self, row: tuple[object, ...]) -> Job:
        """Most rows are as they were at the last look."""
        known = self._known.get(row)
        if known is None:
            known = self._known[row] = job_of(row)
        return known

    def now_calm(self) -> None:
        """From now on nothing crashes, stalls or fails."""
        self.calm = True
        self.fault_chance = 0.0
        self.simulation.calm()

    async def _hop(self, call: Callable[[], T]) -> T:
        if self.simulation.current is None:
            return call()
        self._fault("request")
        value = await self.simulation.hop(lambda: self._seen(call))
        self._fault("reply")
        return value

    def _seen(self, call: Callable[[], T]) -> T:
        """Make one transaction, then show the witness what it did. The witness's own reads are no hops."""
        value = call()
        task, self.simulation.current = self.simulation.current, None
        try:
            ask = task.doing if task else None
            if isinstance(ask, Ask):
                # The store's hop carries the answer and its hints.
                self._tell(ask, cast("tuple[object, ...]", value)[0] if type(value) is tuple else value)
        finally:
            self.simulation.current = task
        return value

    def _tell(self, ask: Ask, value: object) -> None:
        if ask.verb in {"jobs.claim", "upkeep.stage"} and not value:
            self.witness.nothing_moved(ask)
            # The most frequent answer. Were it untrue, the next look would meet a move out of place.
            return
        if ask.verb in WRITES:
            self.witness.look(ask, self.all_jobs())
        elif ask.verb.startswith("sessions."):
            self._tell_session(ask, value)
        elif ask.verb == "replays.note" and value:
            run = cast("NoteRun", ask.arguments[0])
            if run.state not in OPEN:
                self.witness.ended_runs.add(run.run_id)
        elif ask.verb == "steps.record":
            params = cast("RecordSteps", ask.arguments[0])
            self.witness.recorded(params, cast("list[StepOutcome]", value))
        elif ask.verb == "queues.set_paused":
            paused = self.witness.paused_queues
            (paused.add if ask.named["paused"] else paused.discard)(str(ask.arguments[1]))

    def _tell_session(self, ask: Ask, value: object) -> None:
        sessions, now = self.witness.sessions, self.clock.monotonic()
        if isinstance(ask.arguments[0], NewSession):
            params = ask.arguments[0]
            sessions[params.id] = SessionSeen(params.lease_us, now)
        elif isinstance(value, BeatReply):
            if value.alive:
                name = str(ask.arguments[1])
                sessions[name] = sessions[name]._replace(beat_at=now)
        elif ask.verb == "sessions.lose" and value:
            self.witness.lost(str(ask.arguments[1]), now)
        elif ask.verb == "sessions.close":
            name = str(ask.arguments[1])
            sessions[name] = sessions[name]._replace(open=False)

    def _fault(self, what: str) -> None:
        if self.fault_chance and self.chance(self.fault_chance):
            self.simulation.note(f"the {what} is lost")
            raise StoreUnavailable(f"the {what} was lost")


class Told:
    """A store whose verbs are noted, in the trace and on the task that calls them."""

    def __init__(self, store: Store, simulation: Simulation) -> None:
        self._store = store
        for group in _GROUPS:
            setattr(self, group, _ToldGroup(group, getattr(store, group), simulation))

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


class _ToldGroup:
    def __init__(self, name: str, group: object, simulation: Simulation) -> None:
        self._name = name
        self._group = group
        self._simulation = simulation

    def __getattr__(self, verb: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        call = getattr(self._group, verb)
        name = f"{self._name}.{verb}"

        async def told(*args: object, **named: object) -> object:
            task = self._simulation.current
            assert task is not None
            task.doing = Ask(name, args, named)
            self._simulation.note(name)
            try:
                return await call(*args, **named)
            finally:
                task.doing = None

        return told


def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never yields to its end."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return cast("T", end.value)
    raise Violation("a verb yielded outside of the simulation")


def _job_rows(transaction: Transaction) -> list[tuple[object, ...]]:
    return cast("list[tuple[object, ...]]", transaction.connection.execute(_ALL_JOBS).fetchall())


def _definition(name: str) -> Definition:
    policies = {"max_attempts": 3, "backoff": "fixed", "base_us": 2 * MICROS, "max_crashes": 3}
    return Definition(name=name, version="1", queue=name, schema="{}", policies=json.dumps(policies))
