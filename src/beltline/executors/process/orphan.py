"""Ending with the worker: not before it, and never after it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

_DEATH_SIGNAL: Final = 1  # PR_SET_PDEATHSIG


def leave_stopping_to_the_worker() -> None:
    """Let SIGTERM pass, which service managers send to every process at once: the worker asks whom it will.

    A handler, not SIG_IGN, which the programs that a body starts would inherit.
    """
    signal.signal(signal.SIGTERM, lambda *_: None)


def end_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, also while it holds the interpreter's lock.

    Where the kernel cannot, the end of the pipe tells it, as soon as Python code runs.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
