"""What is amiss in a store and with its workers, each finding with what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from beltline.core.clock import MICROS
from beltline.core.needs import read_needs
from beltline.core.reasons import Reason
from beltline.engine.capacity import blocking, is_alive
from beltline.store.contract import Store
from beltline.store.fronts import Lane
from beltline.store.params import Definition, QueueInfo, Session

SKEW_US: Final = MICROS
MOST_NAMED: Final = 10
_FULL: Final = 0.8
_STORES_A_WORKER: Final = 2
# Workers vacuum from 100,000 dead rows on; what is far beyond that cannot go.
_MOST_DEAD_ROWS: Final = 1_000_000
_LONG_S: Final = 60
_UNSAFE: Final = (
    ("fsync", "off", "a crash of the server may corrupt or lose everything: set fsync = on and restart it"),
    ("full_page_writes", "off", "a crash of the server may corrupt pages: set full_page_writes = on"),
    (
        "synchronous_commit",
        "off",
        "confirmed submits may be lost in a crash of the server: set synchronous_commit = on",
    ),
    (
        "default_transaction_read_only",
        "on",
        "nothing can be stored: name the primary, not a replica, or set default_transaction_read_only = off",
    ),
)


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


class Finding(NamedTuple):
    """What one check found. `action` says what to do; empty where nothing is to be done."""

    check: str
    level: Level
    message: str
    action: str = ""


async def examine(store: Store, namespace: str, *, local_now: int) -> list[Finding]:
    """Examine an opened store; `local_now` is what this host's own clock shows.

    The findings of one check stand together; a check that finds nothing amiss says so.
    """
    now = store.now()
    facts = await store.facts()
    sessions = await store.sessions.page(namespace)
    queues = await store.queues.page(namespace)
    definitions = await store.definitions.page(namespace)
    stuck = {
        session.id: len(await store.jobs.held(namespace, session.id))
        for session in sessions
        if not is_alive(session, now)
    }
    alive = [session for session in sessions if is_alive(session, now)]
    return [
        *_clock(now - local_now, sessions, now),
        *_settings(facts),
        *_connections(facts, len(alive)),
        *vacuum_findings(facts),
        *_workers(alive, sessions, queues, now),
        *_stuck(sessions, stuck, now),
        *_unworked(queues, alive),
        *_paused(queues),
        *_without_handler(definitions, alive),
        *_without_capacity(await store.fronts.lanes(namespace, None), alive),
    ]


def _clock(skew: int, sessions: Sequence[Session], now: int) -> Iterator[Finding]:
    way = "behind" if skew > 0 else "before"
    ahead = [session.name for session in sessions if session.beat_at > now + SKEW_US]
    if abs(skew) > SKEW_US:
        yield Finding(
            "clock",
            Level.WARNING,
            f"this host's clock is {abs(skew) / MICROS:.1f}s {way} the store's",
            "synchronize it (NTP); times of jobs are the store's, but logs of this host do not match them",
        )
    elif ahead:
        yield Finding(
            "clock",
            Level.WARNING,
            f"workers report times that are still to come: {_named(ahead)}",
            "a clock was set back: synchronize the hosts' clocks (NTP)",
        )
    else:
        yield Finding("clock", Level.OK, f"{abs(skew) / 1_000:.0f}ms apart from the store's")


def _settings(facts: Mapping[str, str]) -> Iterator[Finding]:
    unsafe = [(name, value, what) for name, value, what in _UNSAFE if facts.get(name) == value]
    for name, value, what in unsafe:
        yield Finding("settings", Level.WARNING, f"{name} is {value}", what)
    if not unsafe:
        yield Finding(
            "settings", Level.OK, f"version {facts['version']}, {int(facts['bytes']) / 1e6:,.1f} MB"
        )


def _connections(facts: Mapping[str, str], workers: int) -> Iterator[Finding]:
    if "connections" not in facts:
        return
    reserved = int(facts.get("superuser_reserved_connections", "0"))
    most, now = int(facts["max_connections"]) - reserved, int(facts["connections"])
    wanted = workers * _STORES_A_WORKER * int(facts["pool"])
    if now >= most * _FULL or wanted > most:
        yield Finding(
            "connections",
            Level.WARNING,
            f"{now} of {most} connections are open; {workers} workers may want {wanted}",
            "raise max_connections, or run fewer worker processes with more concurrency",
        )
    else:
        yield Finding(
            "connections", Level.OK, f"{now} of {most} are open; {workers} workers may want {wanted}"
        )


def vacuum_findings(facts: Mapping[str, str]) -> Iterator[Finding]:
    """Say whether dead rows pile up, and who keeps them; nothing of a store that has none."""
    if "dead_rows" not in facts:
        return
    rows = int(facts["dead_rows"])
    pid, seconds, program = facts.get("oldest_transaction", "0 0 ").split(" ", 2)
    if rows <= _MOST_DEAD_ROWS:
        yield Finding("vacuum", Level.OK, f"{rows:,} dead rows of jobs")
    elif int(seconds) >= _LONG_S:
        yield Finding(
            "vacuum",
            Level.WARNING,
            f"{rows:,} dead rows of jobs slow claims down: process {pid} of the server"
            f" ({program or 'unnamed'}) has kept a transaction open for {int(seconds):,}s, and may see them",
            f"end what that process serves, or the process: SELECT pg_terminate_backend({pid})",
        )
    else:
        yield Finding(
            "vacuum",
            Level.WARNING,
            f"{rows:,} dead rows of jobs slow claims down, and no worker vacuums them",
            "let workers connect as the owner of the table jobs, or VACUUM it; look for replication slots and"
            " prepared transactions that hold the server back",
        )


def _workers(
    alive: Sequence[Session], sessions: Sequence[Session], queues: Sequence[QueueInfo], now: int
) -> Iterator[Finding]:
    silent = [
        session
        for session in sessions
        if session.closed_at is None and session.lost_at is None and session not in alive
    ]
    for session in silent[:MOST_NAMED]:
        yield Finding(
            "workers",
            Level.WARNING,
            f"worker {session.name} on {session.host} is silent for {(now - session.beat_at) / MICROS:.0f}s",
            f"look whether process {session.pid} lives; any live worker rescues its jobs after its lease",
        )
    waiting = sum(queue.queued for queue in queues)
    if alive:
        yield Finding(
            "workers", Level.OK, f"{len(alive)} alive: {_named([session.name for session in alive])}"
        )
    elif waiting:
        yield Finding(
            "workers",
            Level.ERROR,
            f"no worker is alive, and {waiting:,} jobs wait",
            "start one: `beltline work APP`, or `beltline dev APP` while you write it",
        )
    else:
        yield Finding("workers", Level.OK, "none is alive, and nothing waits")


def _stuck(sessions: Sequence[Session], stuck: Mapping[str, int], now: int) -> Iterator[Finding]:
    held = [(session, stuck[session.id]) for session in sessions if stuck.get(session.id)]
    for session, jobs in held[:MOST_NAMED]:
        since = session.lost_at or session.closed_at or session.beat_at
        yield Finding(
            "stuck",
            Level.ERROR,
            f"{jobs} jobs are running for {session.name}, which is gone since {(now - since) / MICROS:.0f}s",
            "any live worker takes them back after the lease: start one, or look at its log for `rescuer`",
        )
    if not held:
        yield Finding("stuck", Level.OK, "no job runs for a worker that is gone")


def _unworked(queues: Sequence[QueueInfo], alive: Sequence[Session]) -> Iterator[Finding]:
    worked = {name for session in alive for name in session.queues or ()}
    all_worked = any(session.queues is None for session in alive)
    lonely = [queue for queue in queues if queue.queued and not all_worked and queue.name not in worked]
    for queue in lonely[:MOST_NAMED] if alive else ():
        yield Finding(
            "queues",
            Level.ERROR,
            f"{queue.queued:,} jobs wait in {queue.name!r}, and no live worker takes from it",
            f"add it to a worker: `beltline work APP --queues …,{queue.name}`, or leave --queues out",
        )
    if not lonely:
        yield Finding(
            "queues", Level.OK, "each queue with waiting jobs has a worker" if alive else "none waits"
        )


def _paused(queues: Sequence[QueueInfo]) -> Iterator[Finding]:
    held = [queue for queue in queues if queue.paused and queue.queued]
    for queue in held[:MOST_NAMED]:
        yield Finding(
            "paused",
            Level.WARNING,
            f"queue {queue.name!r} is paused, and {queue.queued:,} jobs wait in it",
            f"`beltline queues resume {queue.name}` where the reason is gone",
        )
    if not held:
        yield Finding("paused", Level.OK, "no paused queue has waiting jobs")


def _without_handler(definitions: Sequence[Definition], alive: Sequence[Session]) -> Iterator[Finding]:
    known = {name for session in alive for name in session.definitions or ()}
    # A worker that does not say what it has code for may have it for all.
    silent = any(session.definitions is None for session in alive)
    missing = [found.name for found in definitions if found.name not in known and alive and not silent]
    if missing:
        yield Finding(
            "definitions",
            Level.WARNING,
            f"no live worker has code for {_named(missing)}",
            "their jobs are given back again and again: start a worker with the app that defines them",
        )
    else:
        yield Finding("definitions", Level.OK, f"{len(definitions)} registered")


def _without_capacity(lanes: Sequence[Lane], alive: Sequence[Session]) -> Iterator[Finding]:
    found = [(lane, blocking(lane, alive)) for lane in lanes if lane.needs] if alive else []
    held_by_none = [(lane, why) for lane, why in found if why is not None]
    for lane, why in held_by_none[:MOST_NAMED]:
        if why.reason is Reason.NO_VERSION:
            definition = read_needs(lane.needs).definition
            message = f"jobs of {definition} are pinned to {why.asked}; live workers have {why.offered}"
            action = "start a worker with that version of the app, or submit them again without the pin"
        else:
            message = (
                f"jobs in {lane.queue!r} ask for {why.asked}; the largest live worker offers {why.offered}"
            )
            action = "start a worker that has it: `beltline work APP --resources … --tags …`"
        yield Finding("capacity", Level.ERROR, message, action)
    if not held_by_none:
        yield Finding(
            "capacity", Level.OK, "a live worker could hold each waiting job" if alive else "none is asked"
        )


def _named(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(sorted(names)[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
