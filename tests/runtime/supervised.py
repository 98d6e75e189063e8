"""A program whose supervised children do as they are told.

`python -m tests.runtime.supervised SCENARIO FOLDER PROCESSES`. Each child leaves a file with its process id,
named after its index and its life (0-0, 0-1, ...).
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from beltline.runtime.children import RECYCLE
from beltline.runtime.deaths import Life
from beltline.runtime.log import warn
from beltline.runtime.supervisor import Supervised, supervise


def wait_for_term() -> int:
    """Wait for SIGTERM, then end well."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    return wait_for_ever()


def ignore_term() -> int:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return wait_for_ever()


def wait_for_ever() -> int:
    while True:
        signal.pause()


def kill_myself() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 1


def fail() -> int:
    raise RuntimeError("out of paper")


def leave() -> int:
    sys.exit(5)


def exit_from_within(code: int) -> Callable[[], int]:
    """Return what a body does to its worker that calls C's exit."""
    return lambda: os._exit(code)


def die(given: Life, life: int) -> int:
    """Die in the first life with a job on the loop, in the second before its death is reported."""
    sys.stdout.write(f"{life}: {given.deaths}\n")
    sys.stdout.flush()
    if life == 0:
        given.box.open("the first")
        given.box.on_loop("a", 7).begun()
    elif life == 1:
        given.box.open("the second")
    else:
        given.box.has_buried()
    if life < 2:
        os._exit(3)
    return RECYCLE if life == 2 else 0


def say() -> int:
    sys.stdout.write("child\n")
    return 0


SCENARIOS: Final[Mapping[str, Callable[[int, int], Callable[[], int] | int]]] = MappingProxyType(
    {
        "done": lambda _index, _life: 0,
        "wait": lambda _index, _life: wait_for_term,
        "default": lambda _index, _life: wait_for_ever,
        "stubborn": lambda _index, _life: ignore_term,
        "refuse": lambda index, _life: 3 if index == 0 else wait_for_term,
        "leave": lambda _index, _life: leave,
        "recycle": lambda _index, life: RECYCLE if life < 2 else 0,
        "killed": lambda _index, life: kill_myself if life == 0 else 0,
        "raise": lambda _index, life: fail if life == 0 else 0,
        "exit 0": lambda _index, life: exit_from_within(0) if life == 0 else 0,
        "exit 3": lambda _index, life: exit_from_within(3) if life == 0 else 0,
        "odd": lambda _index, life: 64 if life == 0 else 0,
        "say": lambda _index, _life: say,
    }
)


def main(scenario: str, folder: Path, processes: int) -> int:
    def start(supervised: Supervised) -> int:
        supervised.tell(processes)
        given = supervised.life
        index = given.number
        life = len(list(folder.glob(f"{index}-*")))
        (folder / f"{index}-{life}").write_text(str(os.getpid()))
        if scenario == "die":
            return die(given, life)
        what = SCENARIOS[scenario](index, life)
        return what if isinstance(what, int) else what()

    sys.stdout.write("parent\n")
    return supervise(start, warn=warn)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
