"""Who has ended and who has not, asked of real processes; and what is no proof."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from beltline.runtime.neighbours import Neighbours
from tests.waiting import eventually

TELL = """
import sys
from beltline.runtime.neighbours import Neighbours
print(Neighbours().own(supervised=%s), flush=True)
"""
LIVE = "sys.stdin.read()"
# Its first thread ends, another goes on.
LIVE_ON = """
import ctypes, threading
threading.Thread(target=sys.stdin.read).start()
ctypes.CDLL(None).pthread_exit(None)
"""
# A parent that does not look after its child, and tells the child's text and process id.
BEAR = """
import subprocess, sys
pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], **pipes)
print(child.stdout.readline().strip(), child.pid, flush=True)
sys.stdin.read()
"""


class Child:
    """A process of ours that has told a line, and lives until it is killed."""

    def __init__(self, *arguments: str) -> None:
        self.running = subprocess.Popen(
            [sys.executable, "-c", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.running.stdout is not None
        self.told = self.running.stdout.readline().strip()

    def kill(self) -> None:
        """Kill it, and leave it as it is then."""
        self.running.kill()
        os.waitid(os.P_PID, self.running.pid, os.WEXITED | os.WNOWAIT)

    def bury(self) -> None:
        """Kill it, and take note of its end."""
        self.running.kill()
        self.running.communicate()


class Nursery:
    """Starts children, and ends them with the test."""

    def __init__(self) -> None:
        self.kept = ExitStack()

    def child(self, *arguments: str) -> Child:
        """Start one."""
        made = Child(*arguments)
        self.kept.callback(made.bury)
        return made

    def living(self) -> Child:
        """Start one that tells its text."""
        return self.child(TELL % "False" + LIVE)


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    with made.kept:
        yield made


@pytest.fixture
def dead(nursery: Nursery) -> str:
    """The text of a process that has ended."""
    child = nursery.living()
    child.bury()
    return child.told


def is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(") ")[2].startswith("Z")


def test_a_process_that_runs_is_not_gone(nursery: Nursery) -> None:
    assert not Neighbours().is_gone(nursery.living().told)


def test_this_process_is_not_gone() -> None:
    neighbours = Neighbours()

    assert not neighbours.is_gone(neighbours.own(supervised=False))


def test_a_process_that_ended_is_gone(dead: str) -> None:
    assert Neighbours().is_gone(dead)


def test_a_zombie_is_gone(nursery: Nursery) -> None:
    child = nursery.living()

    child.kill()

    assert is_zombie(child.running.pid)
    assert Neighbours().is_gone(child.told)


def test_a_process_whose_first_thread_ended_is_not_gone(nursery: Nursery) -> None:
    child = nursery.child(TELL % "False" + LIVE_ON)

    eventually(lambda: is_zombie(child.running.pid))

    assert not Neighbours().is_gone(child.told)


def test_a_process_whose_id_is_anothers_by_now_is_gone(nursery: Nursery) -> None:
    other = nursery.living().told
    place, _, start = other.rpartition(":")

    assert Neighbours().is_gone(f"{place}:{int(start) - 1}")


def test_one_whose_parent_lives_is_left_to_it(nursery: Nursery) -> None:
    child = nursery.child(TELL % "True" + LIVE)

    child.bury()

    assert not Neighbours().is_gone(child.told)


def test_one_that_ended_with_its_parent_is_gone(nursery: Nursery) -> None:
    parent = nursery.child(BEAR, TELL % "True" + LIVE)
    told, _, pid = parent.told.rpartition(" ")

    parent.bury()

    # It reads that nobody is there any more, and ends by itself.
    eventually(lambda: not Path(f"/proc/{pid}").exists() or is_zombie(int(pid)))
    assert Neighbours().is_gone(told)


@pytest.mark.parametrize("part", ["boot", "pids", "times"])
def test_of_another_place_nothing_is_known(dead: str, part: str) -> None:
    place, _, rest = dead.partition(" ")
    boot, pids, times = place.split("/")
    other = {"boot": boot, "pids": pids, "times": times} | {part: "another"}

    assert not Neighbours().is_gone(f"{'/'.join(other.values())} {rest}")


@pytest.mark.parametrize("rest", ["", " ", " x", " 1", " -1:5", " 0:5", " 99999999999:5", "  7:5"])
def test_what_is_no_text_of_a_process_proves_nothing(dead: str, rest: str) -> None:
    place = dead.partition(" ")[0]

    assert not Neighbours().is_gone(f"{place}{rest}")


def test_a_session_without_a_process_is_not_gone() -> None:
    assert not Neighbours().is_gone(None)


class Files:
    """Files of a kernel, as far as they are looked at; `tells` are those of this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "sys/kernel/random").mkdir(parents=True)
        (folder / "sys/kernel/random/boot_id").write_text("boot\n")
        (folder / "self/ns").mkdir(parents=True)
        (folder / "self/ns/pid").symlink_to("pid:[1]")
        (folder / "self/ns/time").symlink_to("time:[2]")
        self.tell("self", os.getpid())

    def tell(self, name: str, pid: int, comm: str = "python", start: int = 77) -> None:
        """Tell of a process."""
        (self.folder / name).mkdir(exist_ok=True)
        words = ["S", *["0"] * 16, "1", "0", str(start), "0"]
        (self.folder / name / "stat").write_text(f"{pid} ({comm}) {' '.join(words)}\n")


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_a_text_names_the_place_and_the_process(files: Files) -> None:
    assert Neighbours(files.folder).own(supervised=False) == f"boot/pid:[1]/time:[2] {os.getpid()}:77"


def test_a_supervised_process_names_its_parent_too(files: Files) -> None:
    files.tell(str(os.getppid()), os.getppid(), start=5)

    found = Neighbours(files.folder).own(supervised=True)

    assert found == f"boot/pid:[1]/time:[2] {os.getpid()}:77 {os.getppid()}:5"


def test_a_parent_that_cannot_be_seen_leaves_no_text(files: Files) -> None:
    assert Neighbours(files.folder).own(supervised=True) is None


def test_a_name_may_look_like_what_follows_it(files: Files) -> None:
    files.tell("self", os.getpid(), "a) Z (1 2")

    assert Neighbours(files.folder).own(supervised=False) == f"boot/pid:[1]/time:[2] {os.getpid()}:77"


def test_a_kernel_without_namespaces_of_time_has_one_time(files: Files) -> None:
    (files.folder / "self/ns/time").unlink()

    assert Neighbours(files.folder).own(supervised=False) == f"boot/pid:[1]/ {os.getpid()}:77"


@pytest.mark.parametrize("missing", ["self/stat", "self/ns/pid", "sys/kernel/random/boot_id"])
def test_where_the_platform_does_not_tell_there_is_no_text_and_nobody_is_gone(
    files: Files, missing: str
) -> None:
    files.tell(str(os.getpid()), os.getpid())
    text = f"boot/pid:[1]/time:[2] {os.getpid()}:1"
    assert Neighbours(files.folder).is_gone(text)
    (files.folder / missing).unlink()

    neighbours = Neighbours(files.folder)

    assert neighbours.own(supervised=False) is None
    assert not neighbours.is_gone(text)
    assert not neighbours.is_gone(f" {os.getpid()}:1")


def test_files_of_another_namespaces_processes_prove_nothing(files: Files) -> None:
    files.tell("self", os.getpid() + 1)

    neighbours = Neighbours(files.folder)

    assert neighbours.own(supervised=False) is None


def test_a_living_process_that_is_hidden_from_us_is_not_gone(files: Files) -> None:
    """The kernel may hide the files of others; that they live it tells all the same."""
    neighbours = Neighbours(files.folder)

    assert not (files.folder / "1").exists()
    assert not neighbours.is_gone("boot/pid:[1]/time:[2] 1:77")


@pytest.mark.parametrize("text", ["", "1 (init", "1 (init) S 0 0"])
def test_a_file_that_is_cut_off_proves_nothing(files: Files, text: str) -> None:
    files.tell("1", 1)
    (files.folder / "1" / "stat").write_text(text)

    assert not Neighbours(files.folder).is_gone("boot/pid:[1]/time:[2] 1:5")
