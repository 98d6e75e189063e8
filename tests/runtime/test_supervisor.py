"""Worker processes are kept alive: real children, forked by a real parent."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from beltline.core.clock import SystemClock
from beltline.runtime.children import Children
from tests.waiting import eventually

REPOSITORY = Path(__file__).resolve().parents[2]


class Parents:
    """Starts supervising programs, and leaves none behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[subprocess.Popen[str]] = []

    def start(self, scenario: str, processes: int = 1) -> subprocess.Popen[str]:
        parent = subprocess.Popen(
            [sys.executable, "-m", "tests.runtime.supervised", scenario, str(self.folder), str(processes)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(parent)
        return parent

    def run(self, scenario: str, processes: int = 1) -> tuple[int, str, str]:
        """Let one run to its end; return its exit code and what it wrote."""
        parent = self.start(scenario, processes)
        out, err = parent.communicate(timeout=30)
        return parent.returncode, out, err

    def lives(self) -> list[str]:
        """The children that have begun, as INDEX-LIFE."""
        return sorted(file.name for file in self.folder.iterdir() if file.read_text())

    def child(self, name: str) -> int:
        """The process id of a child."""
        return int((self.folder / name).read_text())

    def end(self) -> None:
        for parent in self._started:
            if parent.poll() is None:
                parent.kill()
            parent.communicate()
        for file in self.folder.iterdir():
            with suppress(ProcessLookupError, ValueError):
                os.kill(int(file.read_text()), signal.SIGKILL)


@pytest.fixture
def parents(tmp_path: Path) -> Iterator[Parents]:
    made = Parents(tmp_path)
    yield made
    made.end()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_children_that_are_done_end_it(parents: Parents) -> None:
    code, _, _ = parents.run("done", 3)

    assert code == 0
    assert parents.lives() == ["0-0", "1-0", "2-0"]


def test_a_refusal_ends_all_with_its_code(parents: Parents) -> None:
    code, _, _ = parents.run("refuse", 2)

    assert code == 3


def test_a_child_that_leaves_with_a_code_is_a_refusal_too(parents: Parents) -> None:
    assert parents.run("leave")[0] == 5


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("killed", "ended with signal 9: starting a new one in"),
        ("raise", "ended with exit code 70: starting a new one in"),
        ("odd", "ended with exit code 64: starting a new one in"),
        ("exit 0", "ended with exit code 0: starting a new one in"),
        ("exit 3", "ended with exit code 3: starting a new one in"),
    ],
)
def test_a_child_that_ends_unasked_is_started_anew(parents: Parents, scenario: str, words: str) -> None:
    code, _, err = parents.run(scenario)

    assert code == 0
    assert parents.lives() == ["0-0", "0-1"]
    assert words in err


def test_deaths_are_told_to_those_who_come_after_until_one_has_reported_them(parents: Parents) -> None:
    code, out, err = parents.run("die")

    first = "Death(session='the first', how='ended with exit code 3', is_own_doing=True, running=(('a', 7),))"
    second = "Death(session='the second', how='ended with exit code 3', is_own_doing=True, running=())"
    assert code == 0
    assert out.splitlines()[1:] == [
        "0: ()",
        f"1: ({first},)",
        f"2: ({first}, {second})",
        "3: ()",
    ]
    assert "exit code 3: starting a new one in 0.0 s" in err


def test_what_the_parent_says_has_its_time(parents: Parents) -> None:
    _, _, err = parents.run("killed")

    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} WARNING beltline worker process 0 ended", err)


def test_the_last_words_of_a_child_that_fails_are_its_error(parents: Parents) -> None:
    assert "RuntimeError: out of paper" in parents.run("raise")[2]


def test_a_child_that_recycles_itself_is_started_anew(parents: Parents) -> None:
    assert parents.run("recycle")[0] == 0
    assert parents.lives() == ["0-0", "0-1", "0-2"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_passed_on_and_ends_all(parents: Parents, number: signal.Signals) -> None:
    parent = parents.start("wait", 2)
    eventually(lambda: parents.lives() == ["0-0", "1-0"])

    parent.send_signal(number)

    assert parent.wait(30) == 0
    assert parents.lives() == ["0-0", "1-0"]


def test_a_child_without_handlers_ends_on_the_signal_too(parents: Parents) -> None:
    parent = parents.start("default", 2)
    eventually(lambda: parents.lives() == ["0-0", "1-0"])

    parent.send_signal(signal.SIGTERM)

    assert parent.wait(30) == 0


@pytest.mark.parametrize("attempt", range(5))
def test_a_signal_at_any_moment_of_the_start_ends_all(parents: Parents, attempt: int) -> None:
    parent = parents.start("default", 8)
    eventually(lambda: len(parents.lives()) > attempt)

    parent.send_signal(signal.SIGTERM)

    assert parent.wait(30) == 0
    assert not any(is_alive(parents.child(name)) for name in parents.lives())


def test_a_second_signal_kills_those_that_will_not_end(parents: Parents) -> None:
    parent = parents.start("stubborn")
    eventually(lambda: parents.lives() == ["0-0"])
    parent.send_signal(signal.SIGTERM)

    def ends() -> bool:
        parent.send_signal(signal.SIGTERM)
        return parent.poll() is not None

    eventually(ends)
    assert not is_alive(parents.child("0-0"))


def test_a_signal_in_the_moment_after_a_child_was_buried_is_passed_on_to_the_others() -> None:
    buried = subprocess.Popen([sys.executable, "-c", ""])
    buried.wait()
    alive = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    children = Children(SystemClock())
    children._running = {buried.pid: (0, 0.0, -1), alive.pid: (1, 0.0, -1)}

    children.send(signal.SIGTERM)

    assert alive.wait(30) == -signal.SIGTERM


def test_what_parent_and_children_write_is_written_once(parents: Parents) -> None:
    _, out, _ = parents.run("say", 3)

    assert sorted(out.split()) == ["child", "child", "child", "parent"]
