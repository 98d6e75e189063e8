"""The two sides of a peer, seen from the bench: the process that submits, and the workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from beltline.proof.footprint import process_tree
from bench.peers.adapter import PLACE_VARIABLE, RECORD, RUNS_VARIABLE, URL_VARIABLE
from bench.peers.environments import REPOSITORY
from bench.peers.servers import Place

ANSWER_S: Final = 600
TAIL: Final = 300


class PeerFailed(Exception):
    """A peer did not do what it was asked; the text says what it said."""


class Run(NamedTuple):
    """One body, by the number of its job; `at` is the wall clock in nanoseconds."""

    number: int
    at: int


@dataclass(frozen=True, slots=True)
class Scene:
    """What the processes of one measure share: interpreter, place, and a folder for what they write."""

    python: Path
    module: str
    place: Place
    folder: Path

    @property
    def runs_file(self) -> Path:
        """The file to which bodies append."""
        return self.folder / "runs"

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment of the processes."""
        return {
            **os.environ,
            URL_VARIABLE: self.place.url,
            PLACE_VARIABLE: self.place.name,
            RUNS_VARIABLE: str(self.runs_file),
            "PYTHONPATH": str(REPOSITORY),
            "PYTHONUNBUFFERED": "1",
            "PATH": f"{self.python.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        }

    def count(self) -> int:
        """Return how many bodies were run."""
        try:
            return self.runs_file.stat().st_size // RECORD.size
        except FileNotFoundError:
            return 0

    def runs(self) -> list[Run]:
        """Return them, in the order in which they were told."""
        if not self.count():
            return []
        content = self.runs_file.read_bytes()
        return [Run(*fields) for fields in RECORD.iter_unpack(content[: self.count() * RECORD.size])]


@dataclass(slots=True)
class Driver:
    """The submitting process; `opened` is what the adapter told of itself."""

    scene: Scene
    process: subprocess.Popen[str]
    log: Path
    opened: Mapping[str, Any] = field(default_factory=dict)

    def ask(self, **order: object) -> Mapping[str, Any]:
        """Give one order and return the answer. Raises PeerFailed."""
        to, back = self.process.stdin, self.process.stdout
        if to is None or back is None:
            raise PeerFailed("the driver has no pipes")
        with suppress(BrokenPipeError):
            to.write(json.dumps(order) + "\n")
            to.flush()
        line = back.readline()
        answer: Mapping[str, Any] = json.loads(line) if line else {"error": f"ended: {tail(self.log)}"}
        if "error" in answer:
            raise PeerFailed(f"{order['do']}: {answer['error']}")
        return answer


@contextmanager
def driver(scene: Scene) -> Iterator[Driver]:
    """Start the submitting process, opened; end it."""
    log = scene.folder / "driver.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [scene.python, "-m", "bench.peers.driver", scene.module],
            cwd=REPOSITORY,
            env=scene.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=written,
            text=True,
            start_new_session=True,
        )
    found = Driver(scene, process, log)
    try:
        found.opened = found.ask(do="open")
        yield found
        with suppress(PeerFailed):
            found.ask(do="close")
    finally:
        kill_tree(process)


@dataclass(slots=True)
class Workers:
    """The workers of one measure."""

    scene: Scene
    command: Sequence[str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """What all of them print."""
        return self.scene.folder / "worker.log"

    def start(self) -> subprocess.Popen[bytes]:
        """Start one more."""
        with self.log.open("ab") as written:
            process = subprocess.Popen(
                [self.scene.python, *self.command],
                cwd=REPOSITORY,
                env=self.scene.environment,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def check(self) -> None:
        """Raise PeerFailed where all of them have ended."""
        if all(process.poll() is not None for process in self.processes):
            raise PeerFailed(f"the worker ended: {tail(self.log)}")

    def kill(self) -> None:
        """Kill all of them with all that they started, as a lost machine would."""
        for process in self.processes:
            kill_tree(process)
        self.processes.clear()


@contextmanager
def workers(scene: Scene, command: Sequence[str], number: int) -> Iterator[Workers]:
    """Start so many workers; kill what is left of them."""
    found = Workers(scene, command)
    try:
        for _ in range(number):
            found.start()
        yield found
    finally:
        found.kill()


def kill_tree(process: subprocess.Popen[Any]) -> None:
    """Kill a process that we started, with its descendants and its process group."""
    members = process_tree(process.pid) if process.poll() is None else []
    with suppress(ProcessLookupError):
        # It leads a session of its own: the group holds those whose parent has gone.
        os.killpg(process.pid, signal.SIGKILL)
    for member in members:
        with suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        _close(pipe)


def _close(pipe: IO[Any] | None) -> None:
    if pipe is not None:
        with suppress(BrokenPipeError):
            pipe.close()


def tail(log: Path) -> str:
    """Return the end of a log, on one line."""
    text = log.read_text("utf-8", "replace") if log.exists() else ""
    return " ".join(text.split())[-TAIL:]


def pause(seconds: float) -> None:
    """Let others have the processor."""
    time.sleep(seconds)
