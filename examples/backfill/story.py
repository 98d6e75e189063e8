"""The story: load the table, start the backfill, kill its worker in the middle, look at what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from beltline import JobReference
from examples.backfill import table
from examples.backfill.app import Filled, belt, fill_geohash
from examples.backfill.expected import expected_geohashes
from examples.stage.checks import Check
from examples.stage.console import shown
from examples.stage.run import Stage
from examples.stage.shipped import shipped
from examples.stage.workers import PATIENCE_S, Kill, Workers, kill_busy_worker, outcomes

APP: Final = Path(__file__).with_name("app.py")
LEASE: Final = "1s"
_KILL_AFTER: Final = 1 / 3


class Course(NamedTuple):
    """What happened: `filled` counts the rows that had a geohash when the worker was killed."""

    kill: Kill
    filled: int
    last: Filled
    outcomes: Sequence[str]
    exit_code: int


async def play(stage: Stage) -> Sequence[Check]:
    """Run the example and return what must be true of its outcome."""
    source = shipped("vega_datasets", "_data/airports.csv")
    database = stage.folder / "airports.db"
    rows = table.load(source, database)
    stage.say(f"{rows:,} airports of {source.name} are in {shown(database)}, none with a geohash yet")
    async with belt:
        with Workers(APP, belt, stage.log, "--lease", LEASE) as workers:
            job = await fill_geohash.submit(database=database, pause=stage.options.pause)
            stage.say(f"job {job.id} fills them in, one worker process (lease {LEASE}) runs it")
            filled, kill = await _kill(workers, job, database, rows)
            stage.say(f"killed worker process {kill.pid} (SIGKILL) with {filled:,} rows filled in")
            last = await job.result(timeout=PATIENCE_S)
            stage.say(f"a new process went on behind {last.began_after}, where its position was kept")
            course = Course(kill, filled, last, await outcomes(belt, job.id), workers.stop())
    stage.say(f"done in {len(course.outcomes)} runs: {', '.join(course.outcomes)}")
    return list(checks(course, rows, source, database))


async def _kill(workers: Workers, job: JobReference[Filled], database: Path, rows: int) -> tuple[int, Kill]:
    """Kill the worker once a third of the rows is filled in; return how many are, and the kill."""

    async def kill() -> Kill | None:
        if table.count(connection, "geohash IS NOT NULL") < rows * _KILL_AFTER:
            return None
        return await kill_busy_worker(belt.store, belt.namespace)

    with closing(table.connect(database)) as connection:
        killed = await workers.until(kill, "a worker in the middle of the backfill", job=job)
        return table.count(connection, "geohash IS NOT NULL"), killed


def checks(course: Course, rows: int, source: Path, database: Path) -> Iterator[Check]:
    """Check the table against the file, and the course against what a kill may cost."""
    with closing(table.connect(database)) as connection:
        found = dict(connection.execute("SELECT iata, geohash FROM airports").fetchall())
        once = table.count(connection, "writes = 1")
    expected = expected_geohashes(source)
    right = sum(found.get(iata) == geohash for iata, geohash in expected.items())
    again = course.last.read - course.last.written
    skipped = rows - course.last.read
    yield Check(
        "the worker was killed in the middle, and the job was done by another process",
        0 < course.filled < rows and list(course.outcomes) == ["worker_lost", "returned"],
        f"{course.filled:,} of {rows:,} rows filled in",
    )
    yield Check(
        "it went on where it was, not from the beginning",
        course.last.began_after is not None and 0 < skipped <= course.filled,
        f"{skipped:,} rows were not looked at again, {again:,} of the last ones were",
    )
    yield Check("each row was written once", once == rows, f"{once:,} of {rows:,}")
    yield Check(
        "each airport has the geohash that an independent computation gives",
        found == expected,
        f"{right:,} of {len(expected):,}",
    )
    yield Check("the workers ended in good order", course.exit_code == 0, f"exit code {course.exit_code}")
