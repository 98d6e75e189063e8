"""The story: real programs write logs, a job compacts them, its worker is killed in the middle."""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from beltline import JobReference
from examples.compaction.app import belt, compact
from examples.compaction.inputs import Log, write_logs
from examples.compaction.logs import Compacted
from examples.stage.checks import Check
from examples.stage.console import shown
from examples.stage.run import Stage
from examples.stage.workers import PATIENCE_S, Kill, Workers, kill_busy_worker, outcomes

APP: Final = Path(__file__).with_name("app.py")
LEASE: Final = "1s"
_KILL_AFTER: Final = 1 / 3
_GZIP: Final = 31  # zlib's word for the format of gzip


class Course(NamedTuple):
    """What happened: `left` counts the logs that were not removed yet when the worker was killed."""

    kill: Kill
    left: int
    compacted: Sequence[Compacted]
    outcomes: Sequence[str]
    exit_code: int


async def play(stage: Stage) -> Sequence[Check]:
    """Run the example and return what must be true of its outcome."""
    folder = stage.folder / "logs"
    written = await asyncio.to_thread(write_logs, folder)
    lines = sum(log.lines for log in written.values())
    stage.say(f"{len(written)} programs wrote {lines:,} lines of log into {shown(folder)}/")
    async with belt:
        with Workers(APP, belt, stage.log, "--lease", LEASE) as workers:
            job = await compact.submit(folder=folder, pause=stage.options.pause)
            left, kill = await _kill(workers, job, folder, len(written))
            stage.say(f"killed worker process {kill.pid} (SIGKILL) with {left} of {len(written)} logs to do")
            compacted = await job.result(timeout=PATIENCE_S)
            course = Course(kill, left, compacted, await outcomes(belt, job.id), workers.stop())
    stage.say(f"done in {len(course.outcomes)} runs: {', '.join(course.outcomes)}")
    before, after = (sum(getattr(each, when) for each in compacted) for when in ("before", "after"))
    stage.say(f"{before:,} bytes became {after:,}, {100 * after / before:.0f} %")
    return list(checks(course, written, folder))


async def _kill(
    workers: Workers, job: JobReference[list[Compacted]], folder: Path, total: int
) -> tuple[int, Kill]:
    """Kill the worker once a third of the logs is removed; return how many are left, and the kill."""

    async def kill() -> Kill | None:
        if _left(folder) > total * (1 - _KILL_AFTER):
            return None
        return await kill_busy_worker(belt.store, belt.namespace)

    killed = await workers.until(kill, "a worker in the middle of the logs", job=job)
    return _left(folder), killed


def _left(folder: Path) -> int:
    return len(list(folder.glob("*.log")))


def checks(course: Course, written: Mapping[str, Log], folder: Path) -> Iterator[Check]:
    """Check the compressed files against what was counted before, with another unpacker than the job's."""
    found = {file.name.removesuffix(".gz"): _unpacked(file) for file in folder.glob("*.gz")}
    right = sum(found.get(name) == log for name, log in written.items())
    lines, wanted = (sum(log.lines for log in logs.values()) for logs in (found, written))
    told = {each.file.removesuffix(".gz"): Log(each.lines, each.sha256) for each in course.compacted}
    others = {file.name for file in folder.iterdir()} - {f"{name}.gz" for name in written}
    yield Check(
        "the worker was killed in the middle, and the job was done by another process",
        0 < course.left < len(written) and list(course.outcomes) == ["worker_lost", "returned"],
        f"{course.left} of {len(written)} logs left to do",
    )
    yield Check(
        "each log unpacks to what it was, byte for byte", found == written, f"{right} of {len(written)}"
    )
    yield Check("the lines are as many as before", lines == wanted, f"{lines:,} of {wanted:,}")
    yield Check("the job says the same of them", told == written, f"{len(told)} logs in its result")
    yield Check(
        "the originals are gone, and so is what the killed run left", not others, f"{len(others)} other files"
    )
    yield Check("the workers ended in good order", course.exit_code == 0, f"exit code {course.exit_code}")


def _unpacked(file: Path) -> Log:
    text = zlib.decompress(file.read_bytes(), _GZIP)
    return Log(len(text.splitlines()), hashlib.sha256(text).hexdigest())
