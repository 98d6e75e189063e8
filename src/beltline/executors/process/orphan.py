"""Ending with the parent: no process is left behind by a worker that was killed."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

_DEATH_SIGNAL: Final = 1  # PR_SET_PDEATHSIG


def end_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, also while it holds the interpreter's lock.

    Where the kernel cannot, the end of the pipe tells it, as soon as Python code runs.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
