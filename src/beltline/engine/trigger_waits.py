"""What the events wait for that triggers hold for their windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from beltline.core.clock import MICROS
from beltline.core.durations import Duration, micros
from beltline.core.job import Job
from beltline.core.window import Debounce, Gather, Held, Window, outlook
from beltline.definitions.trigger import rule_of
from beltline.engine.events import facts_of, stored_key
from beltline.engine.outcomes import outcome_key
from beltline.engine.trigger_memory import remembered
from beltline.engine.triggers import everything, fetch
from beltline.store.contract import Store
from beltline.store.triggers import HeldEvent, StoredTrigger

MOST: Final = 100
_PAGE: Final = 2_000


class HeldWait(NamedTuple):
    """An event, by its number, that came at a moment and waits.

    `job_at`: when its job comes if no further event does; None: it makes none.
    """

    event: int
    at: int
    job_at: int | None


class Waits(NamedTuple):
    """What the events of a trigger wait for: the oldest of `number`. `hints`: what could be done about it."""

    name: str
    summary: str
    number: int
    events: list[HeldWait]
    hints: list[str]


async def explain(store: Store, namespace: str, name: str) -> Waits:
    """Explain what the events wait for that a trigger holds. Raises NotFound."""
    row = await fetch(store, namespace, name)
    window, held = await _held(store, namespace, row)
    counts = await store.triggers.counts(namespace, name)
    number = sum(each.events for each in counts if each.outcome == "waiting")
    events = _waits(row, window, held, store.now())[:MOST]
    return Waits(name, _summary(row, window, number), number, events, _hints(row))


async def holding(store: Store, namespace: str, job: Job) -> list[tuple[str, HeldWait]]:
    """Return the triggers that hold the outcome of this job for their windows, each with its event."""
    key, found = stored_key(outcome_key(job.id, job.fence)), []
    for row in await everything(store, namespace):
        if row.kind == "outcome":
            window, held = await _held(store, namespace, row)
            mine = [event.id for event in held if event.event_key == key]
            waits = _waits(row, window, held, store.now()) if mine else []
            found += [(row.name, wait) for wait in waits if wait.event in mine]
    return found


async def _held(store: Store, namespace: str, row: StoredTrigger) -> tuple[Window | None, list[HeldEvent]]:
    window = rule_of(row.kind, facts_of(row)).waits
    return window, [] if window is None else await store.triggers.held(namespace, row.name, _PAGE)


def _waits(row: StoredTrigger, window: Window | None, held: Sequence[HeldEvent], now: int) -> list[HeldWait]:
    if window is None:
        return []
    events = [Held(event.id, event.at, len(event.payload)) for event in held]
    times = outlook(window, events, remembered(row).window, now)
    return [HeldWait(event.id, event.at, at) for event, at in zip(held, times, strict=True)]


def _summary(row: StoredTrigger, window: Window | None, number: int) -> str:
    if window is None:
        return "it has no window: an event becomes a job at once"
    state = "it is paused: what it holds waits until it is resumed" if row.paused else _text(window)
    events = "1 event waits" if number == 1 else f"{number:,} events wait"
    return f"{events}; {state}"


def _text(window: Window) -> str:
    if isinstance(window, Debounce):
        longest = "" if window.longest is None else f", at the latest {_time(window.longest)} after its first"
        return f"a burst makes one job, {_time(window.quiet)} after its last event{longest}"
    if isinstance(window, Gather):
        return f"{window.most:,} events make one job, fewer {_time(window.within)} after the first of them"
    extra = "wait their turn" if window.extra == "delay" else "make none"
    jobs = "1 job comes" if window.most == 1 else f"{window.most:,} jobs come"
    return f"at most {jobs} in any {_time(window.per)}; further events {extra}"


def _time(duration: Duration) -> str:
    return f"{micros(duration) / MICROS:g} s"


def _hints(row: StoredTrigger) -> list[str]:
    return [f"`beltline triggers resume {row.name}` lets it go on"] if row.paused else []
