"""The demo as a whole: play it, check it, report it."""

from __future__ import annotations

import asyncio
import signal
from shlex import quote

from rich.console import Console

from beltline import BeltlineError
from beltline.config import masked
from examples.demo.app import belt
from examples.demo.checks import check_all
from examples.demo.course import Story, TooSlow, expected_jobs, play
from examples.demo.inputs import Folder
from examples.demo.report import show_table
from examples.demo.screen import Screen
from examples.stage.checks import show_checks
from examples.stage.console import shown, tell
from examples.stage.workers import WorkersEnded


async def run(folder: Folder, console: Console) -> int:
    """Run the demo in a prepared folder and return its exit code."""
    playing = asyncio.current_task()
    if playing is not None:
        # Whoever ends the demo ends its workers: a cancelled task leaves them as orderly as a finished one.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, playing.cancel)
    expected = expected_jobs()
    try:
        with Screen(expected, console) as screen:
            story = await play(folder, screen, expected)
    except (BeltlineError, TooSlow, WorkersEnded) as error:
        tell(console, f"the demo stopped: {error}")
        tell(console, f"what the workers said: {shown(folder.log)}")
        return 1
    return await asyncio.to_thread(conclude, story, folder, console)


def conclude(story: Story, folder: Folder, console: Console) -> int:
    """Check and report what was played; return 0 where every check passed, else 1."""
    checks = list(check_all(story, folder))
    show_table(console, story, folder)
    show_checks(console, checks)
    where = f"--store {quote(masked(belt.url))} --namespace {belt.namespace}"
    tell(console, f"Look further: .venv/bin/beltline jobs ls {where}")
    if all(check.passed for check in checks):
        return 0
    tell(console, f"A check failed. What the workers said: {shown(folder.log)}")
    return 1
