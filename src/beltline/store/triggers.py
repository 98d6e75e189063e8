"""The contract of triggers: a part of `contract`, and what is said there holds here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from beltline.core.job import NewJob
from beltline.store.params import AuditEntry, Inserted, Insertion


class NewTrigger(NamedTuple):
    """What is set of a trigger.

    `kind` is `webhook`, `outcome`, `object` or `message`; `spec` is JSON, and holds no secret. `declared` is
    the text of its declaration in code, None where there is none.
    """

    name: str
    kind: str
    definition: str
    spec: str
    paused: bool
    declared: str | None = None


class StoredTrigger(NamedTuple):
    """A trigger as it is read; `revision` goes up with each write, which guards the next one.

    `due_at` is when it is to be looked at next, None where only a further event changes anything. `turn` goes
    up with each look, each event held and each write, and guards what a look writes; `memory` is what looks
    remember, as JSON.
    """

    name: str
    kind: str
    definition: str
    spec: str
    paused: bool
    declared: str | None
    revision: int
    created_at: int
    changed_at: int
    due_at: int | None = None
    turn: int = 0
    memory: str = "{}"

    def settings(self) -> NewTrigger:
        """Return what was set of it."""
        return NewTrigger._make(self[: len(NewTrigger._fields)])


class Watch(NamedTuple):
    """What a trigger on outcomes watches.

    An empty definition is any of them; `states` are final states in one text; `roots`: only jobs without a
    parent.
    """

    definition: str
    states: str
    roots: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteTrigger:
    """Make (`revision` None), change, or with `trigger` None remove the trigger called `name`.

    `watch`: what settlements note for it from now on, where it is not paused. `due_at`: when it is to be
    looked at, None where that stays.
    """

    namespace: str
    name: str
    trigger: NewTrigger | None
    revision: int | None
    now: int
    watch: Watch | None = None
    due_at: int | None = None
    audit: Sequence[AuditEntry] = ()


class EventOutcome(StrEnum):
    """What became of an event."""

    SUBMITTED = "submitted"
    REPEATED = "repeated"
    UNWANTED = "unwanted"
    HELD = "held"
    COALESCED = "coalesced"
    DROPPED = "dropped"
    REFUSED = "refused"
    LOOPED = "looped"
    UNREACHABLE = "unreachable"


class Count(NamedTuple):
    """How many events came to something, the newest job of them, and what there is to say of it."""

    outcome: EventOutcome
    events: int
    job_id: str | None = None
    note: str = ""


class Tallied(NamedTuple):
    """A stored count: what became of events since the trigger was made, and when last.

    With the outcome `waiting`: those that are held now, and when the oldest of them came.
    """

    outcome: str
    events: int
    last_at: int
    last_job: str | None
    note: str


class NewEvent(NamedTuple):
    """An event to hold. `hops`: how many triggers brought it about, one after another."""

    event_key: str | None
    payload: bytes
    hops: int = 0


class HeldEvent(NamedTuple):
    """An event that waits for its window. `at` is when it was held."""

    id: int
    payload: bytes
    hops: int
    at: int
    event_key: str | None


class NotedOutcome(NamedTuple):
    """A job that ended in a way that a trigger watches for. `fence` is that of the run that ended so."""

    id: int
    job_id: str
    fence: int
    state: str


class SeenObject(NamedTuple):
    """An object as a trigger saw it: `mark` since `since`; `fired` where nothing is left to do for it."""

    name: str
    mark: str
    since: int
    fired: bool


class Refusal(NamedTuple):
    """An event that could not become a job. `body` is the beginning of what it said."""

    event_key: str
    at: int
    error: str
    body: bytes


class Outlook(NamedTuple):
    """What there is to do for triggers.

    `next_at`: the smallest `due_at` of those that are not paused. `has_outcomes`: some are noted for one of
    these. `watches`: settlements note outcomes. `receives`: there are triggers on messages.
    """

    next_at: int | None
    has_outcomes: bool
    watches: bool
    receives: bool


class Leaving(NamedTuple):
    """What a look leaves of a trigger that is still at `turn`."""

    turn: int
    due_at: int | None
    memory: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTrigger:
    """All that a look at the trigger `name`, or an event of it, brings about, in one transaction.

    `jobs` are stored as `JobStore.insert` stores them, each by itself, and counted as submitted or repeated.
    `leaving`: guards the look, and what is written of the trigger. `outcomes`: ids of noted ones that are
    taken. `hold`: events that wait, which makes the trigger due. `used`: ids of events that were held. `seen`
    and `gone`: objects.
    """

    namespace: str
    name: str
    now: int
    jobs: Sequence[NewJob] = ()
    leaving: Leaving | None = None
    outcomes: Sequence[int] = ()
    hold: Sequence[NewEvent] = ()
    used: Sequence[int] = ()
    seen: Sequence[SeenObject] = ()
    gone: Sequence[str] = ()
    refusals: Sequence[Refusal] = ()
    counts: Sequence[Count] = ()


class Turned(NamedTuple):
    """What a look came to: one answer for each job; how many events are held that were not before."""

    answers: list[Inserted]
    held: int


class TriggerStore(Protocol):
    """What turns outside events into jobs: as it is set, and what it holds and remembers."""

    async def write(self, params: WriteTrigger) -> bool:
        """Make, change or remove a trigger.

        False: it is not at this revision (or exists already), and nothing was stored. With a trigger goes
        what it holds and remembers; its jobs stay.
        """
        ...

    async def get(self, namespace: str, name: str) -> StoredTrigger | None:
        """Return a trigger."""
        ...

    async def page(self, namespace: str, *, after: str = "", limit: int = 1_000) -> list[StoredTrigger]:
        """Return triggers whose names come after `after`, by name."""
        ...

    async def outlook(self, namespace: str) -> Outlook:
        """Return what there is to do, now or later: one read of the fronts of small indexes."""
        ...

    async def due(self, namespace: str, now: int, limit: int) -> list[StoredTrigger]:
        """Return triggers, not paused, with due_at <= now, or for which outcomes are noted."""
        ...

    async def turn(self, params: TurnTrigger) -> Turned | None:
        """Write what a look or an event brings about.

        None: the trigger is not at this turn any more, or another took one of the outcomes; then nothing was
        stored. An event is held once for each key, for a day after it was used.
        """
        ...

    async def outcomes(self, namespace: str, name: str, limit: int) -> list[NotedOutcome]:
        """Return the oldest outcomes noted for a trigger.

        A settlement notes them in its own transaction, for each trigger that watches for them then.
        """
        ...

    async def held(self, namespace: str, name: str, limit: int) -> list[HeldEvent]:
        """Return the oldest events that a trigger holds."""
        ...

    async def objects(
        self, namespace: str, name: str, *, after: str, until: str | None, limit: int
    ) -> list[SeenObject]:
        """Return what a trigger saw after a name (and up to another one), by name."""
        ...

    async def counts(self, namespace: str, name: str) -> list[Tallied]:
        """Return what became of a trigger's events, and how many wait, by outcome."""
        ...

    async def refusals(self, namespace: str, name: str, limit: int = 20) -> list[Refusal]:
        """Return the newest events that could not become a job; a hundred are kept."""
        ...

    async def prune(self, namespace: str, before: int, limit: int) -> int:
        """Forget events that were used before; return how many."""
        ...


def all_counts(params: TurnTrigger, answers: Sequence[Inserted], held: int) -> list[Count]:
    """Return the counts of a look: its own, and those of its jobs and of the events held."""
    made = [answer.id for answer in answers if answer.outcome is Insertion.CREATED]
    repeated = len(answers) - len(made) + len(params.hold) - held
    found = [
        *params.counts,
        Count(EventOutcome.SUBMITTED, len(made), made[-1] if made else None),
        Count(EventOutcome.REPEATED, repeated),
        Count(EventOutcome.HELD, held),
    ]
    return list(_merged(each for each in found if each.events))


def _merged(counts: Iterable[Count]) -> Iterable[Count]:
    """Yield one count for each outcome: a statement writes a row once."""
    by_outcome: dict[EventOutcome, Count] = {}
    for count in counts:
        before = by_outcome.get(count.outcome, Count(count.outcome, 0))
        by_outcome[count.outcome] = Count(
            count.outcome,
            before.events + count.events,
            count.job_id or before.job_id,
            count.note or before.note,
        )
    return by_outcome.values()
