"""How much of the processor a process gets where others want it too."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

# A third of what others get: a suspect that is innocent still ends in time on a busy machine.
_NICE: Final = 5


def give_way(pid: int) -> None:
    """Let a process, and what it starts from now on, step back behind others.

    Where the kernel shares by sessions, its session has to, too.
    """
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, pid) + _NICE)
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(_NICE), "ascii")
