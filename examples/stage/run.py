"""From a command line to an exit code: what every example does around its story."""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import shutil
import signal
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from shlex import quote
from typing import Any, Final, TypeAlias, TypeVar, cast

from rich.console import Console

from beltline import BeltlineError
from beltline.config import masked
from examples.stage.checks import Check, show_checks
from examples.stage.console import shown, stdout, tell
from examples.stage.shipped import MissingPackage
from examples.stage.workers import TooSlow, WorkersEnded

_MARK: Final = "# Made by an example of Beltline, which empties this folder when it starts.\n*\n"


class NotOurs(Exception):
    """The folder holds somebody else's files."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where an example reads and writes, and what it is told on its command line."""

    folder: Path
    console: Console
    options: argparse.Namespace

    @property
    def log(self) -> Path:
        """What the workers say."""
        return self.folder / "workers.log"

    def say(self, text: str) -> None:
        """Show a line."""
        tell(self.console, text)


N = TypeVar("N", int, float)

Story: TypeAlias = Callable[[Stage], Coroutine[Any, Any, Sequence[Check]]]


def options_of(name: str, about: str | None) -> argparse.ArgumentParser:
    """Return the options that every example takes; an example may add its own."""
    parser = argparse.ArgumentParser(prog=f"python -m examples.{name}", description=about)
    parser.add_argument("--store", default="", help="store URL (default: a SQLite file in the folder)")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(f"{name}-out"),
        help="where to write; emptied first (default: %(default)s)",
    )
    return parser


def at_least(least: float, kind: Callable[[str], N]) -> Callable[[str], N]:
    """Return what reads an option that is a number of this kind, and refuses a smaller one."""

    def read(text: str) -> N:
        value = kind(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"{text} is less than {least:g}")
        return value

    read.__name__ = kind.__name__  # argparse calls it so
    return read


def run(name: str, options: argparse.Namespace) -> int:
    """Play the story of an example in its emptied folder, show its checks, and return the exit code.

    0: all is well; 1: a check failed or the story stopped; 2: it could not start.
    """
    console = stdout()
    stage = Stage(options.folder.resolve(), console, options)
    os.environ["BELTLINE_STORE"] = options.store or f"sqlite:///{shown(stage.folder / 'beltline.db')}"
    if options.store:  # beside a SQLite file there is a place for objects anyway
        os.environ.setdefault("BELTLINE_OBJECTS", (stage.folder / "objects").as_uri())
    os.environ["BELTLINE_NAMESPACE"] = f"example-{secrets.token_hex(3)}"
    try:
        story = _story(name)
        _empty(stage.folder)
        checks = asyncio.run(_played(story, stage))
    except (MissingPackage, NotOurs) as error:
        tell(console, f"cannot start: {error}")
        return 2
    except (BeltlineError, TooSlow, WorkersEnded) as error:
        tell(console, f"the example stopped: {error}")
        tell(console, f"what the workers said: {shown(stage.log)}")
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        tell(console, "stopped; the workers are stopped too")
        return 130
    return _told(stage, checks)


def _story(name: str) -> Story:
    """Import what an example does, and with it the packages that it needs. Raises MissingPackage."""
    try:
        return cast("Story", import_module(f"examples.{name}.story").play)
    except ModuleNotFoundError as error:
        raise MissingPackage(f"{error}: run `make setup` or pip install '.[examples]'") from error


async def _played(story: Story, stage: Stage) -> Sequence[Check]:
    playing = asyncio.current_task()
    if playing is not None:
        # Whoever ends the example ends its workers: a cancelled task stops them as a finished one does.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, playing.cancel)
    return await story(stage)


def _told(stage: Stage, checks: Sequence[Check]) -> int:
    stage.console.print()
    show_checks(stage.console, checks)
    store, namespace = masked(os.environ["BELTLINE_STORE"]), os.environ["BELTLINE_NAMESPACE"]
    stage.say(f"Look further: .venv/bin/beltline jobs ls --store {quote(store)} --namespace {namespace}")
    if all(check.passed for check in checks):
        return 0
    stage.say(f"A check failed. What the workers said: {shown(stage.log)}")
    return 1


def _empty(folder: Path) -> None:
    """Empty the folder of an earlier run. A folder that no example made is left alone."""
    mark = folder / ".gitignore"
    if folder.exists():
        made_by_us = mark.is_file() and mark.read_text("utf-8") == _MARK
        if not made_by_us and (not folder.is_dir() or any(folder.iterdir())):
            raise NotOurs(f"{shown(folder)} holds what no example wrote: name another folder with --folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    mark.write_text(_MARK, "utf-8")
