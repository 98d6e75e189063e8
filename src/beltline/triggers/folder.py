"""A folder, listed name by name."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from beltline.objects.threads import Threads
from beltline.triggers.contract import Found, Page, Unreachable

MOST_LISTED: Final = 1_000_000


class FolderListing:
    """The files below a folder; links to folders are not followed, for they may lead back.

    The names are read with the first page, and the pages that follow are of these; sizes and times are read
    with each page. A folder's own time changes with its names: where all of them stand still, nobody has to
    read a hundred thousand names to learn that none is new.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._threads = Threads()
        self._names: list[str] = []
        self._folders: list[str] = []
        self._times: tuple[int, ...] = ()
        self._is_steady = False
        self._reach = ("", "")

    async def page(self, after: str, limit: int, known: Collection[str] = ()) -> Page:
        """Return files after a name; the first page reads all names. Raises Unreachable."""
        return await self._threads.run(lambda: self._page(after, limit, known))

    async def is_unchanged(self) -> bool:
        """Whether the times of all folders stand still since two listings."""
        return self._is_steady and await self._threads.run(self._stands_still)

    def url(self, name: str) -> str:
        """Return the path of a file."""
        return str(Path(self._root) / name)

    def _page(self, after: str, limit: int, known: Collection[str]) -> Page:
        first, last = self._reach
        if not first <= after <= last or not after:
            # It is the beginning, or another process listed what lies before.
            self._walk()
        start = bisect_right(self._names, after) if after else 0
        names = self._names[start : start + limit]
        found = [each for name in names if (each := self._found(name, known)) is not None]
        until = names[-1] if start + limit < len(self._names) else None
        # What may be asked for next is of the same names.
        self._reach = (after, until or "")
        return Page(found, until)

    def _walk(self) -> None:
        before, folders = self._times, self._folders
        try:
            pairs = list(_walked(self._root))
        except OSError as error:
            self._is_steady = False
            raise Unreachable(f"the folder {self._root} cannot be read: {error.strerror or error}") from error
        self._folders = [folder for folder, _, _ in pairs]
        self._times = tuple(time for _, time, _ in pairs)
        self._names = sorted(name for _, _, names in pairs for name in names)
        # A file that comes within the tick of the clock in which a folder was read leaves its time as it is:
        # so the times count when they were the same a look before.
        self._is_steady = (before, folders) == (self._times, self._folders)

    def _stands_still(self) -> bool:
        try:
            return tuple(Path(each).stat().st_mtime_ns for each in self._folders) == self._times
        except OSError:
            return False

    def _found(self, name: str, known: Collection[str]) -> Found | None:
        if name in known:
            return Found(name, 0, "", 0)
        try:
            # Of a hundred thousand files: a Path for each takes as long again as the call.
            facts = os.stat(f"{self._root}/{name}")  # noqa: PTH116
        except OSError:
            return None
        mark = f"{facts.st_size}-{facts.st_mtime_ns}-{facts.st_ino}"
        return Found(name, facts.st_size, mark, facts.st_mtime_ns // 1_000)


def _walked(root: str) -> Iterator[tuple[str, int, list[str]]]:
    """Yield each folder with its time, taken before it is read, and the names of its files below the root."""
    listed = 0
    waiting = [""]
    while waiting:
        below = waiting.pop()
        path = Path(root) / below
        time = path.stat().st_mtime_ns
        names = []
        with os.scandir(path) as entries:
            for entry in entries:
                name = f"{below}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{name}/")
                elif entry.is_file() and _is_text(name):
                    names.append(name)
        listed += len(names)
        if listed > MOST_LISTED:
            raise Unreachable(
                f"the folder {root} has more than {MOST_LISTED:,} files; move what is done elsewhere"
            )
        yield str(path), time, names


def _is_text(name: str) -> bool:
    """Whether a name can be kept: names of other bytes come as lone surrogates."""
    return name.isprintable() or not any("\ud800" <= char <= "\udfff" or char == "\0" for char in name)
