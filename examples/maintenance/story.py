"""The story: a program writes to a file; maintenance holds off until it is done."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Final, NamedTuple

from examples.maintenance import inputs
from examples.maintenance.app import belt, maintain
from examples.maintenance.database import Health
from examples.maintenance.writer import rows_of_month
from examples.stage.checks import Check
from examples.stage.console import shown
from examples.stage.run import Stage
from examples.stage.workers import PATIENCE_S, Workers, outcomes

APP: Final = Path(__file__).with_name("app.py")
PUT_OFF: Final = 2
_BLOCK: Final = 1024


class Course(NamedTuple):
    """What happened: the file's bytes when it was made and when the writer committed, and how the job ran."""

    made: int
    committed: int
    writer: int
    before: Health
    after: Health
    outcomes: Sequence[str]
    attempts_used: int
    exit_code: int


async def play(stage: Stage) -> Sequence[Check]:
    """Run the example and return what must be true of its outcome."""
    file = stage.folder / "temperatures.db"
    await asyncio.to_thread(inputs.make, file)
    made = file.stat().st_size
    stage.say(f"{shown(file)} holds hourly temperatures, many of them deleted again: {_kib(made)}")
    async with belt:
        with Workers(APP, belt, stage.log) as workers:
            async with _writing(file) as writer:
                stage.say(f"process {writer.pid} writes to it and has not committed yet")
                job = await maintain.submit(file=file)

                async def put_off() -> int | None:
                    ended = (await outcomes(belt, job.id)).count("snoozed")
                    return ended if ended >= PUT_OFF else None

                times = await workers.until(put_off, "that the job puts itself off", job=job)
                stage.say(f"job {job.id} found the file busy and put itself off, {times} times so far")
            committed = file.stat().st_size
            stage.say(f"the writer committed and ended: {_kib(committed)}")
            before, after = await job.result(timeout=PATIENCE_S)
            ended = await job.job()
            runs = await outcomes(belt, job.id)
            code = workers.stop()
    stage.say(f"vacuumed, reindexed, analyzed: {_kib(before.size)} became {_kib(after.size)}")
    course = Course(made, committed, writer.returncode or 0, before, after, runs, ended.attempts_used, code)
    return list(checks(course, file))


@asynccontextmanager
async def _writing(file: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Be inside the transaction of another program; it commits at the end."""
    pipe = asyncio.subprocess.PIPE
    command = ("-m", "examples.maintenance.writer", str(file))
    writer = await asyncio.create_subprocess_exec(sys.executable, *command, stdin=pipe, stdout=pipe)
    try:
        if writer.stdout is not None:
            await writer.stdout.readline()
        yield writer
    finally:
        # It commits when it is told to, and also where nobody is left to tell it.
        await writer.communicate(b"\n")


def checks(course: Course, file: Path) -> Iterator[Check]:
    """Check the file against what was put into it, and the course against what was promised."""
    put_off = course.outcomes.count("snoozed")
    yield Check(
        "while the file was busy the job put itself off, and nothing was charged",
        put_off >= PUT_OFF and course.outcomes[-1] == "returned" and course.attempts_used <= 1,
        f"put off {put_off} times, attempts charged in all: {course.attempts_used}",
    )
    yield Check("the writer was not disturbed", course.writer == 0, f"exit code {course.writer}")
    yield Check(
        "the file is smaller, and each of its pages is in use",
        course.after.size == file.stat().st_size < course.committed and course.after.free_pages == 0,
        f"{course.before.pages:,} pages, {course.before.free_pages:,} of them unused, became"
        f" {course.after.pages:,}, {course.after.free_pages:,} of them unused",
    )
    with closing(sqlite3.connect(file)) as connection:
        [(verdict,)] = connection.execute("PRAGMA integrity_check")
        analyzed = connection.execute("SELECT idx, stat FROM sqlite_stat1").fetchall()
    yield Check("SQLite finds no fault in it", verdict == "ok", str(verdict))
    yield Check("the planner knows the index", len(analyzed) == 1, ", ".join(map(str, sum(analyzed, ()))))
    yield Check(
        "it holds every row that it held, and the writer's",
        inputs.content(file) == inputs.expected_content(rows_of_month()),
        f"{inputs.count(file):,} rows",
    )
    yield Check("the workers ended in good order", course.exit_code == 0, f"exit code {course.exit_code}")


def _kib(size: int) -> str:
    return f"{size / _BLOCK:,.0f} KiB"
