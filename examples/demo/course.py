"""The course of the demo: submit, follow, kill a worker, replay the dead letter, and say what happened."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from beltline import BeltlineError
from beltline.core.failure import read_failure
from beltline.core.job import Attempt, Job
from beltline.core.states import DEAD, FINAL, JobState
from beltline.engine import control
from beltline.store.contract import Store
from beltline.store.pages import JobFilter, ListJobs
from examples.demo.app import belt, extract, thumbnails
from examples.demo.expected import expected_rain, orders
from examples.demo.inputs import DAMAGED, Folder
from examples.demo.screen import Screen
from examples.stage.console import shown
from examples.stage.workers import Kill, Workers, kill_busy_worker

APP: Final = Path(__file__).with_name("app.py")
PROCESSES: Final = 2
CONCURRENCY: Final = 4
LEASE: Final = "3s"
PATIENCE_S: Final = 120.0
_LOOK_S: Final = 0.05
_KILL_AFTER: Final = 1 / 3


class TooSlow(Exception):
    """The jobs were not done in time."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A dead letter as it was found, its error's message, and the state that its replay led to."""

    job: Job
    message: str
    replayed: JobState


@dataclass(frozen=True, slots=True)
class Story:
    """What happened: every job with its attempts, the kill, the dead letters, and how the workers ended."""

    jobs: tuple[Job, ...]
    attempts: Mapping[str, tuple[Attempt, ...]]
    expected: Mapping[str, int]
    kill: Kill | None
    dead_letters: tuple[DeadLetter, ...]
    exit_code: int
    seconds: float


def expected_jobs() -> Mapping[str, int]:
    """Return how many jobs of each definition the input asks for."""
    months = len(expected_rain())
    return {"thumbnails": len(orders()), "extract": 1, "transform": months, "load": months}


async def play(folder: Folder, screen: Screen, expected: Mapping[str, int]) -> Story:
    """Run the demo on the store that the app names. Raises TooSlow, WorkersEnded, BeltlineError."""
    began = time.monotonic()
    async with belt:
        store = belt.store
        with Workers(APP, belt, folder.log, *_worker_options()) as workers:
            await extract.submit(table=folder.table, database=folder.weather)
            await thumbnails.submit_many(_calls(folder))
            screen.say(
                f"{1 + expected['thumbnails']} jobs submitted, more to come from them; {PROCESSES} worker"
                f" processes with {CONCURRENCY} slots each, lease {LEASE}, their log: {shown(folder.log)}"
            )
            kill = await _until_done(store, workers, screen, expected)
            dead_letters = [await _revive(store, job, folder, screen) for job in await _jobs(store, DEAD)]
            exit_code = workers.stop()
        jobs = await _jobs(store, frozenset(JobState))
        attempts = {job.id: tuple(await store.reads.attempts(belt.namespace, job.id)) for job in jobs}
    took = time.monotonic() - began
    return Story(tuple(jobs), attempts, expected, kill, tuple(dead_letters), exit_code, took)


def _worker_options() -> tuple[str, ...]:
    slots = str(CONCURRENCY)
    counts = ("--processes", str(PROCESSES), "--concurrency", slots, "--threads", slots)
    return (*counts, "--lease", LEASE, "--drain", "10s")


def _calls(folder: Folder) -> list[dict[str, object]]:
    return [
        {"photograph": folder.photographs / name, "folder": folder.thumbnails, "turn": turn}
        for name, turn in orders()
    ]


async def _until_done(
    store: Store, workers: Workers, screen: Screen, expected: Mapping[str, int]
) -> Kill | None:
    """Follow the jobs until all are final; kill a worker when a third of them is."""
    total = sum(expected.values())
    kill: Kill | None = None
    async for finished in _finished(store, workers, expected):
        screen.show(finished)
        if kill is None and sum(finished.values()) >= total * _KILL_AFTER:
            kill = await kill_busy_worker(store, belt.namespace)
            if kill:
                screen.say(
                    f"killed worker process {kill.pid} (SIGKILL) with {len(kill.in_flight)} jobs in flight"
                )
    return kill


async def _finished(
    store: Store, workers: Workers, expected: Mapping[str, int]
) -> AsyncIterator[Mapping[str, int]]:
    """Yield how many jobs of each definition are final, again and again; the last time when all are."""
    give_up_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_at:
        workers.require_alive()
        left = await _unfinished(store)
        yield {name: await _count_final(store, name) for name in expected}
        if not left:
            return
        await asyncio.sleep(_LOOK_S)
    raise TooSlow(f"the jobs were not done within {PATIENCE_S:g} s")


async def _unfinished(store: Store) -> int:
    """Count what is not final. A step submits its successor before it ends, so that 0 means: all done."""
    counts = await store.reads.counts(belt.namespace)
    return sum(found.jobs for found in counts if found.state not in DEAD)


async def _count_final(store: Store, definition: str) -> int:
    where = JobFilter(states=FINAL, definition=definition)
    return (await store.reads.page(ListJobs(namespace=belt.namespace, where=where, limit=1))).total


async def _jobs(store: Store, states: frozenset[JobState]) -> list[Job]:
    where = JobFilter(states=states)
    return (await store.reads.page(ListJobs(namespace=belt.namespace, where=where, limit=1_000))).items


async def _revive(store: Store, job: Job, folder: Folder, screen: Screen) -> DeadLetter:
    """Show a dead letter, repair its input and replay it."""
    failure = read_failure(job.error)
    message = failure["message"] if failure else ""
    screen.say(f"dead letter {job.id} ({job.definition}, {job.reason.value}): {message}")
    folder.repair()
    await control.replay(store, belt.namespace, job.id, actor="demo", why="the photograph was repaired")
    try:
        await belt.reference(job.id).result(timeout=PATIENCE_S)
    except BeltlineError as error:
        screen.say(f"the replay did not succeed: {error}")
    found = await belt.get(job.id)
    screen.say(f"repaired {DAMAGED} and replayed the job: {found.state.value}")
    return DeadLetter(job, message, found.state)
