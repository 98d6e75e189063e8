"""The story: build the wheel, run each file of tests in a process of its own, and two that need too much."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from beltline import BeltlineError, JobReference
from examples.ci.app import belt, build, check
from examples.ci.building import Wheel
from examples.ci.expected import passed_elsewhere, unequal_files
from examples.ci.project import NAME, OVERLOAD, check_out
from examples.ci.testing import Report
from examples.stage.checks import Check
from examples.stage.command import beltline
from examples.stage.console import shown
from examples.stage.run import Stage
from examples.stage.workers import PATIENCE_S, Workers, outcomes

APP: Final = Path(__file__).with_name("app.py")
# A new process for each body, so that no test sees what another imported.
SETTINGS: Final = MappingProxyType(
    {"BELTLINE_WORKER_BODY_PROCESS_JOBS": "1", "BELTLINE_WORKER_GRACE": "200ms"}
)
TRIAL: Final = "1s"
LIMITS: Final = MappingProxyType({"test_memory.py": "out_of_memory", "test_time.py": "timeout"})


class Ended(NamedTuple):
    """How a file of tests ended: the state and reason of its job, the outcomes of its runs."""

    file: str
    state: str
    reason: str
    outcomes: Sequence[str]


class Course(NamedTuple):
    """What happened: the wheel, what the good tests report, how each job ended, what was kept."""

    wheel: Wheel
    reports: Sequence[Report]
    good: Sequence[Ended]
    bad: Sequence[Ended]
    saved: Path
    log: str
    exit_code: int


async def play(stage: Stage) -> Sequence[Check]:
    """Run the example and return what must be true of its outcome."""
    project = stage.folder / NAME
    files = check_out(project)
    stage.say(f"{shown(project)}/ holds {NAME} and its {len(files)} files of tests")
    async with belt:
        with Workers(APP, belt, stage.log, settings=SETTINGS) as workers:
            built = await build.submit(source=project, folder=stage.folder / "dist")
            passed = asyncio.create_task(passed_elsewhere(project))
            wheel = await built.result(timeout=PATIENCE_S)
            stage.say(f"built {wheel.path.name}, {wheel.files} files (at most 256 MiB and 2 minutes)")
            course = await _tested(stage, built, wheel, files)
            expected = await passed
            course = course._replace(exit_code=workers.stop())
    return list(checks(course, project, expected))


async def _tested(stage: Stage, built: JobReference[Wheel], wheel: Wheel, files: Sequence[Path]) -> Course:
    """Run the tests, the ones that need too much in the midst of the others."""
    limits = {"test_time.py": check.options(timeout=TRIAL)}
    overload = sorted(OVERLOAD.glob("test_*.py"))
    bad = [
        (file, await limits.get(file.name, check).submit(wheel=wheel.path, tests=file)) for file in overload
    ]
    good = [(file, await check.submit(wheel=wheel.path, tests=file)) for file in files]
    reports = [await job.result(timeout=PATIENCE_S) for _, job in good]
    stage.say(f"{sum(report.passed for report in reports)} tests of {len(good)} files passed")
    failed = [await _ended(file, job) for file, job in bad]
    for each in failed:
        stage.say(f"{each.file} exceeded its limit: {each.state}, {each.reason}")
    saved = stage.folder / "artifacts"
    _, log = await asyncio.gather(
        beltline(belt, "jobs", "artifacts", built.id, "--save", str(saved)),
        beltline(belt, "jobs", "logs", good[0][1].id),
    )
    ended = [await _ended(file, job) for file, job in good]
    return Course(wheel, reports, ended, failed, saved, log, 0)


async def _ended(file: Path, job: JobReference[Report]) -> Ended:
    with suppress(BeltlineError):  # how it ended is what is asked for
        await job.result(timeout=PATIENCE_S)
    found = await job.job()
    return Ended(file.name, found.state.value, found.reason.value, await outcomes(belt, job.id))


def checks(course: Course, project: Path, expected: int) -> Iterator[Check]:
    """Check the wheel against the sources, and the tests against a run without any job."""
    yield from _wheel_checks(course, project)
    yield from _test_checks(course, expected)
    yield Check("the workers ended in good order", course.exit_code == 0, f"exit code {course.exit_code}")


def _wheel_checks(course: Course, project: Path) -> Iterator[Check]:
    wheel = course.wheel.path
    unequal = unequal_files(wheel, project)
    artifact = course.saved / wheel.name
    yield Check(
        "the wheel holds the sources, and its own list of them is right",
        not unequal,
        ", ".join(unequal) or f"{course.wheel.files} files",
    )
    yield Check(
        "the wheel is kept with its job",
        artifact.is_file() and artifact.read_bytes() == wheel.read_bytes(),
        f"{artifact.name}, {wheel.stat().st_size:,} bytes",
    )


def _test_checks(course: Course, expected: int) -> Iterator[Check]:
    passed = sum(report.passed for report in course.reports)
    from_wheel = all(str(course.wheel.path) in report.tested for report in course.reports)
    yield Check(
        "each test passed, as it does without a job, and from the wheel",
        passed == expected and from_wheel,
        f"{passed} of {expected} tests",
    )
    lines = course.log.strip().splitlines() or [""]
    yield Check("what the tests said is in the log of their job", " passed in " in lines[-1], lines[-1])
    yield Check(
        "the two that needed too much ended at their limits",
        {each.file: each.reason for each in course.bad} == LIMITS,
        ", ".join(f"{each.file}: {each.reason}" for each in course.bad),
    )
    untouched = [each for each in course.good if each.state == "succeeded" and len(each.outcomes) == 1]
    yield Check(
        "their neighbours were untouched: each ran once and succeeded",
        untouched == list(course.good),
        f"{len(untouched)} of {len(course.good)} jobs",
    )
