"""Pages with examples: their files, their terminal sessions, and a terminal that runs them."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

REPOSITORY: Final = Path(__file__).resolve().parents[2]
PATIENCE_S: Final = 60.0

_FILE: Final = re.compile(r'^```(?:python|ini) title="([\w.]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_SESSION: Final = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VARYING: Final = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d+Z?"), "<time>"),
    (re.compile(r"\bworker \d+\b"), "worker <process>"),
    (re.compile(r"\b\d+(\.\d+)?(us|ms|s)\b"), "<duration>"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "<fingerprint>"),
    (re.compile(r"\b[0-9a-z]{26}\b"), "<id>"),
    (re.compile(r"(job \S+ is) \w+"), r"\1 <state>"),
    (re.compile(r"[ \t]+"), " "),
)


class Command(NamedTuple):
    """A line that a reader types, and what the page shows as its answer."""

    line: str
    answer: str

    @property
    def stays(self) -> bool:
        """Whether it runs until it is stopped."""
        works = self.line.startswith("beltline work ") and "--until-idle" not in self.line
        return works or self.line.startswith("beltline serve")


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def files_of(page: str) -> Mapping[str, str]:
    """Return the files that a page tells its reader to write, by name."""
    return dict(_FILE.findall(page))


def commands_of(page: str) -> Iterator[Command]:
    """Yield the commands of a page's terminal sessions in order."""
    for session in _SESSION.findall(page):
        for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
            line, _, answer = part.partition("\n")
            yield Command(line, answer.strip())


def is_shown(answer: str, shown: str) -> bool:
    """Whether an answer is what a page shows; `…` on the page stands for anything or nothing."""
    pattern = re.escape(plain(shown)).replace("…\\\n", "(.*\n)?").replace("…", ".*")
    return re.fullmatch(pattern, plain(answer), re.DOTALL) is not None


def plain(text: str) -> str:
    """Return an answer without what differs from run to run."""
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return "\n".join(line.strip() for line in text.strip().splitlines())


class Terminal:
    """A shell in a folder, with a clean environment: the installed commands, a home, and nothing else."""

    def __init__(self, folder: Path, commands: Path) -> None:
        self._folder = folder
        self._environment = {
            "PATH": f"{commands}{os.pathsep}/usr/bin:/bin",
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
        }

    def run(self, line: str) -> str:
        """Run a command to its end and return what it said."""
        ended = subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE_S,
            check=False,
        )
        return ended.stdout.decode()

    @contextmanager
    def running(self, command: Command) -> Iterator[None]:
        """Keep a command running once it said what the page shows; end it as Ctrl-C does, and well."""
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {command.line}"],
            cwd=self._folder,
            env=self._environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        words = process.stderr.readline()
        try:
            assert is_shown(words, command.answer), words
            yield
        finally:
            process.send_signal(signal.SIGINT)
            _, rest = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, words + rest
