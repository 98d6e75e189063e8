"""The jobs with which bodies in processes are measured."""

from __future__ import annotations

import os
import signal
import time

from beltline.client.beltline import Beltline

belt = Beltline()


def _burn(milliseconds: float) -> None:
    """Use the processor for so long, in Python code."""
    until = time.thread_time() + milliseconds / 1e3
    while time.thread_time() < until:
        pass


@belt.job
def burn_in_thread(milliseconds: float) -> None:
    """Burn in a thread."""
    _burn(milliseconds)


@belt.job(mode="process")
def burn_in_process(milliseconds: float) -> None:
    """Burn in a process."""
    _burn(milliseconds)


@belt.job(mode="process", queue="good")
def good(number: int) -> int:
    """Do next to nothing."""
    return number


@belt.job(mode="process", queue="poison")
def poison(number: int) -> None:
    """End the process, one way or the other."""
    if number % 2:
        os._exit(3)
    os.kill(os.getpid(), signal.SIGSEGV)


@belt.job(mode="process", memory="256Mi", queue="hungry")
def hungry(mebibytes: int) -> int:
    """Allocate and touch."""
    return len(b"x" * (mebibytes << 20))
