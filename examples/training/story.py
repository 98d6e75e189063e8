"""The story: three workers, one is told to go, one is killed, and the third ends the training."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from beltline import JobReference
from examples.stage.checks import Check
from examples.stage.command import beltline
from examples.stage.console import shown
from examples.stage.run import Stage
from examples.stage.workers import PATIENCE_S, Kill, T, Workers, kill_busy_worker, outcomes, stop_busy_worker
from examples.training.app import Trained, belt, train
from examples.training.expected import accuracy_of, undisturbed

APP: Final = Path(__file__).with_name("app.py")
LEASE: Final = "1s"
# Three machines that may be taken away at any time; who is told to go has a tenth of a second.
OPTIONS: Final = ("--processes", "3", "--lease", LEASE, "--drain", "100ms")

Act: TypeAlias = Callable[[], Coroutine[Any, Any, T | None]]


class Course(NamedTuple):
    """What happened: at which part of the training each worker was taken away, and what came of it."""

    stopped_at: float
    killed_at: float
    trained: Trained
    outcomes: Sequence[str]
    attempts_used: int
    model: Path
    exit_code: int


async def play(stage: Stage) -> Sequence[Check]:
    """Run the example and return what must be true of its outcome."""
    epochs = stage.options.epochs
    async with belt:
        with Workers(APP, belt, stage.log, *OPTIONS) as workers:
            job = await train.submit(epochs=epochs)
            stage.say(f"job {job.id} trains for {epochs} epochs; there are three worker processes")
            stopped_at = await _take_away(stage, workers, job)
            killed_at = await _kill(stage, workers, job)
            trained = await job.result(timeout=PATIENCE_S)
            stage.say(f"the third went on from epoch {trained.went_on_from}: accuracy {trained.accuracy:.1%}")
            saved = stage.folder / "artifacts"
            await beltline(belt, "jobs", "artifacts", job.id, "--save", str(saved))
            ended, runs = await job.job(), await outcomes(belt, job.id)
            code = workers.stop()
    model = saved / "model.npz"
    stage.say(f"the model is {shown(model)}; now the same training undisturbed, to compare")
    course = Course(stopped_at, killed_at, trained, runs, ended.attempts_used, model, code)
    return list(checks(course, await asyncio.to_thread(undisturbed, epochs)))


async def _take_away(stage: Stage, workers: Workers, job: JobReference[Trained]) -> float:
    """Tell the worker to go (SIGTERM) once a third is trained; return how far it was."""
    at, pid = await _once_at(1 / 3, workers, job, lambda: stop_busy_worker(belt.store, belt.namespace))
    stage.say(f"told worker process {pid} to go (SIGTERM) at {at:.0%}")
    return at


async def _kill(stage: Stage, workers: Workers, job: JobReference[Trained]) -> float:
    """Kill the next worker once two thirds are trained; return how far it was."""

    async def kill() -> Kill | None:
        # The worker that was told to go may hold the job for a moment still.
        return await kill_busy_worker(belt.store, belt.namespace) if (await job.job()).runs > 1 else None

    at, killed = await _once_at(2 / 3, workers, job, kill)
    stage.say(f"killed worker process {killed.pid} (SIGKILL) at {at:.0%}")
    return at


async def _once_at(part: float, workers: Workers, job: JobReference[Trained], act: Act[T]) -> tuple[float, T]:
    """Do it once this part of the training is done; return how far it was then."""

    async def try_it() -> tuple[float, T] | None:
        at = (await job.job()).progress or 0.0
        done = await act() if at >= part else None
        return None if done is None else (at, done)

    return await workers.until(try_it, f"the training at {part:.0%}", job=job)


def checks(course: Course, expected: bytes) -> Iterator[Check]:
    """Check the model against the undisturbed one, and the course against what was promised."""
    runs = list(course.outcomes)
    found = course.model.read_bytes() if course.model.is_file() else b""
    yield Check(
        "one worker was told to go and one was killed, each in the middle of the training",
        runs == ["drained", "worker_lost", "returned"] and 0 < course.stopped_at < course.killed_at < 1,
        ", then ".join(runs),
    )
    yield Check(
        "no attempt was charged but the last one",
        course.attempts_used == 1,
        f"charged in all: {course.attempts_used}",
    )
    yield Check(
        "the last worker went on from the newest checkpoint",
        round(course.killed_at * course.trained.epochs)
        <= course.trained.went_on_from
        < course.trained.epochs,
        f"epoch {course.trained.went_on_from} of {course.trained.epochs}",
    )
    yield Check(
        "the model is that of the undisturbed training, to the last bit",
        found == expected,
        f"{len(found):,} bytes",
    )
    measured = accuracy_of(course.model) if found else math.nan
    yield Check(
        "it reads the digits that were held back as well as the job says",
        measured == course.trained.accuracy,
        f"{measured:.1%}",
    )
    yield Check("the workers ended in good order", course.exit_code == 0, f"exit code {course.exit_code}")
