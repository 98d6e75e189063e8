"""The job definitions of the build service, as `beltline work examples/ci/app.py` runs them.

Their bodies run code that is not ours, so each has a process of its own, which ends at its limits.
"""

from __future__ import annotations

from pathlib import Path

from beltline import Beltline, Retry, SyncContext
from examples.ci.building import Wheel, build_wheel
from examples.ci.testing import Report, SomeFailed, run_tests

belt = Beltline()


@belt.job(mode="process", memory="256Mi", timeout="2m", retry=Retry(max_attempts=2), owner="builds")
def build(ctx: SyncContext, source: Path, folder: Path) -> Wheel:
    """Build the wheel of a project and keep it as an artifact of the job."""
    wheel = build_wheel(source, folder)
    ctx.artifact(wheel.path.name, wheel.path, type="application/zip")
    ctx.log.info("built", wheel=wheel.path.name, files=wheel.files, sha256=wheel.sha256)
    return wheel


# A test that needs too much memory or time does so each time: one run says it.
@belt.job(
    mode="process",
    memory="128Mi",
    timeout="1m",
    max_crashes=1,
    retry=Retry(max_attempts=1, give_up_on=(SomeFailed,)),
    owner="builds",
)
def check(ctx: SyncContext, wheel: Path, tests: Path) -> Report:
    """Run a file of tests against a wheel; what they say becomes the job's log."""
    return run_tests(wheel, tests, say=ctx.log.info)
