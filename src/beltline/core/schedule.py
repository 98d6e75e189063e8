"""The rules of what recurs: which ticks fire, what becomes of late ones, and when their jobs start.

A tick is a moment that a timetable names; a fire is what became of it. Pure: the timetable and the time are
given.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, takewhile
from typing import Final, NamedTuple, Protocol

from beltline.core.clock import MINUTE

# In one go. What is due beyond that follows in the next one.
MOST_TICKS: Final = 1_000
# Dropped ticks are counted up to here: a year of lost minutes need not be walked to say that they are many.
MOST_COUNTED: Final = 1_000


class Ticks(Protocol):
    """A timetable: moments in UTC microseconds, in order, without end or not."""

    def after(self, at: int) -> int | None:
        """Return the first tick later than `at`; None where there is none."""
        ...


class Overlap(StrEnum):
    """What a tick does whose predecessor's job is not final yet.

    `buffer`: it waits for that end, one tick at most; further ones are skipped. `cancel`: the job is
    cancelled, and the tick waits for its end; of several that wait the newest stays.
    """

    ALLOW = "allow"
    SKIP = "skip"
    BUFFER = "buffer"
    CANCEL = "cancel"


class Late(StrEnum):
    """Which of the late ticks fire: the newest one, the newest ones up to a limit, none."""

    ONCE = "once"
    ALL = "all"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfire:
    """What happens to ticks that nobody looked at in time.

    A tick is late once `grace_us` have passed. A late one older than `window_us` never fires.
    """

    rule: Late
    window_us: int
    limit: int
    grace_us: int


class Missed(NamedTuple):
    """Ticks in a row that were dropped: the first one, where they end (not included), and how many.

    MOST_COUNTED stands for that many or more.
    """

    first: int
    until: int
    ticks: int


class Plan(NamedTuple):
    """What to do about a schedule now: the ticks that fire, those that were dropped, the next tick."""

    ticks: tuple[int, ...]
    missed: Missed | None
    next_at: int | None


def plan(ticks: Ticks, due_at: int, now: int, misfire: Misfire) -> Plan:
    """Return what becomes of the ticks from `due_at` (the first that nobody looked at) to `now`."""
    in_time_from = now - misfire.grace_us
    late: list[int] = []
    missed = None
    first: int | None = due_at
    if due_at < in_time_from:
        late = _firing_late(ticks, due_at, in_time_from, now, misfire)
        missed = _missed(ticks, due_at, late[0] if late else in_time_from)
        first = ticks.after(in_time_from - 1)
    fired, next_at = _due(ticks, first, now)
    return Plan((*late, *fired), missed, next_at)


def walk(ticks: Ticks, since: int) -> Iterator[int]:
    """Yield the ticks from `since` (included) on."""
    tick = ticks.after(since - 1)
    while tick is not None:
        yield tick
        tick = ticks.after(tick)


def spread(namespace: str, schedule: str, tick: int, jitter_us: int) -> int:
    """Return how much later than its tick a job starts: 0 to `jitter_us`, always the same for one tick."""
    if not jitter_us:
        return 0
    digest = hashlib.blake2b(f"{namespace}\0{schedule}\0{tick}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % (jitter_us + 1)


def _firing_late(ticks: Ticks, due_at: int, until: int, now: int, misfire: Misfire) -> list[int]:
    most = {Late.SKIP: 0, Late.ONCE: 1, Late.ALL: misfire.limit}[misfire.rule]
    since = max(due_at, now - misfire.window_us)
    return _newest(ticks, since, until, most) if most and since < until else []


def _newest(ticks: Ticks, since: int, until: int, most: int) -> list[int]:
    """Return the last `most` ticks from `since` to `until` (not included), looking back further and further.

    So a schedule that missed a year of minutes does not walk them all.
    """
    span = MINUTE
    while True:
        start = max(since, until - span)
        found = deque(takewhile(lambda tick: tick < until, walk(ticks, start)), maxlen=most)
        if len(found) == most or start == since:
            return list(found)
        span *= 2


def _missed(ticks: Ticks, first: int, until: int) -> Missed | None:
    before = takewhile(lambda tick: tick < until, walk(ticks, first))
    count = sum(1 for _ in islice(before, MOST_COUNTED))
    return Missed(first, until, count) if count else None


def _due(ticks: Ticks, first: int | None, now: int) -> tuple[list[int], int | None]:
    fired: list[int] = []
    tick = first
    while tick is not None and tick <= now and len(fired) < MOST_TICKS:
        fired.append(tick)
        tick = ticks.after(tick)
    return fired, tick


class Verdict(NamedTuple):
    """What due ticks do: which of them make jobs now, which one waits, which are skipped.

    `cancels`: what is open is to be cancelled first.
    """

    submitted: tuple[int, ...]
    buffered: int | None
    skipped: tuple[int, ...]
    cancels: bool = False


def overlap(policy: Overlap, ticks: tuple[int, ...], *, is_open: bool, buffered: int | None) -> Verdict:
    """Return what due ticks do, in order, where the job of an earlier one is open or not.

    `buffered` is the tick that waits already; once nothing is open it goes first.
    """
    if policy is Overlap.ALLOW:
        waiting = () if buffered is None else (buffered,)
        return Verdict((*waiting, *ticks), None, ())
    queue = ticks if buffered is None else (buffered, *ticks)
    if policy is Overlap.CANCEL:
        # Each would cancel the one before it: the newest is what is left.
        newest, others = queue[-1:], queue[:-1]
        if is_open and newest:
            return Verdict((), newest[0], others, cancels=True)
        return Verdict(newest, None, others)
    first = () if is_open else queue[:1]
    rest = queue[len(first) :]
    if policy is Overlap.SKIP:
        return Verdict(first, None, rest)
    return Verdict(first, rest[0] if rest else None, rest[1:])
