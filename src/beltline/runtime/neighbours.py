"""The processes of this machine, told apart for certain: who has ended and who has not, as Linux shows it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final, NamedTuple

_PROC: Final = Path("/proc")
_DEAD: Final = frozenset("ZXx")
_NAMED: Final = re.compile(r"([1-9]\d{0,8}):(\d+)")
# Of the words of `stat` after the name, which may hold blanks: proc(5) counts these as 3, 20 and 22.
_STATE, _THREADS, _START = 0, 17, 19


class _Standing(NamedTuple):
    pid: str
    start: str
    is_dead: bool


class Neighbours:
    """Says which process this is, in one text, and of such a text whether that process has ended.

    The text names a place (this start of the machine, and the namespaces in which process ids and times
    count) and the process by its id and when it was started: an id that was given to another is no disguise.
    Where the platform does not tell (it has no Linux `/proc`, or shows that of other namespaces), there is no
    such text, and nobody has ended. `proc` is where the kernel's files are.
    """

    def __init__(self, proc: Path = _PROC) -> None:
        self._proc = proc
        self._place = self._here()

    def own(self, *, supervised: bool) -> str | None:
        """Return the text of this process; None where it cannot be told for certain.

        `supervised`: the parent reports when this process dies, and knows by whose doing. The text then names
        both, and is that of an end only when there is no parent any more who could.
        """
        found = [self._standing("self"), *([self._standing(str(os.getppid()))] if supervised else [])]
        known = [f"{each.pid}:{each.start}" for each in found if each is not None]
        return " ".join([self._place, *known]) if self._place and len(known) == len(found) else None

    def is_gone(self, process: str | None) -> bool:
        """Say whether a process is proven to have ended, by a text of `own`; False on any doubt.

        It is no more, is a zombie, or its id is another's by now.
        """
        place, *named = (process or "").split(" ")
        if not self._place or place != self._place or not named:
            return False
        found = [_NAMED.fullmatch(each) for each in named]
        return all(each is not None and self._has_ended(each[1], each[2]) for each in found)

    def _has_ended(self, pid: str, start: str) -> bool:
        try:
            # Asks without sending anything. Unlike the files, it tells also of what is hidden from this user.
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass
        found = self._standing(pid)
        return found is not None and (found.start != start or found.is_dead)

    def _here(self) -> str:
        """Return the place; empty where it is not known, or where these files are not about our own ids."""
        found = self._standing("self")
        if found is None or found.pid != str(os.getpid()):
            return ""
        try:
            boot = (self._proc / "sys/kernel/random/boot_id").read_text("ascii").strip()
            pids = (self._proc / "self/ns/pid").readlink()
        except OSError:
            return ""
        try:
            # When a process was started is told by the reader's own count of time, since Linux 5.6.
            times = (self._proc / "self/ns/time").readlink().name
        except OSError:
            times = ""
        return f"{boot}/{pids}/{times}"

    def _standing(self, name: str) -> _Standing | None:
        try:
            text = (self._proc / name / "stat").read_text("utf-8", "replace")
        except OSError:
            return None
        pid, _, rest = text.partition(" (")
        words = rest.rpartition(") ")[2].split()
        if len(words) <= _START:
            return None
        # A first thread that has ended is shown as a zombie while others of its process go on.
        is_dead = words[_STATE] in _DEAD and int(words[_THREADS]) <= 1
        return _Standing(pid, words[_START], is_dead)
