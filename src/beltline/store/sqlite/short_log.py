"""Keeps the write-ahead log short: a writer that never rests writes over it in place of adding to it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeAlias

# The log is copied each 1,000 pages or so, 8 MB. What a commit writes is not to be had: it is guessed, by
# what jobs with ids in order write, and the guess is mended by what the last copy found.
CHECKPOINT_PAGES: Final = 1_000
PAGES_A_COMMIT: Final = 6
CHANGES_A_PAGE: Final = 20

Checkpoint: TypeAlias = Callable[[Callable[[], None]], None]


class ShortLog:
    """Has the log copied in two steps: most of it beside the writer, the rest between two commits.

    Only a log that is copied to its end begins anew, and what copies beside the writer never sees the end
    while that writes. A commit that writes over an old log waits for the disk 0.2 ms, one that makes it
    longer 0.35. One for each connection of a writer, on its thread. `checkpoint(done)` copies elsewhere, and
    calls `done` there.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._is_copied = threading.Event()
        self._is_copying = False
        self._changes = 0
        self._guess = 0
        self._mended = 1.0

    def committed(self, connection: sqlite3.Connection) -> None:
        """Note that something was committed; copy what is left, or have a log that is long copied."""
        changes = connection.total_changes
        self._guess += PAGES_A_COMMIT + (changes - self._changes) // CHANGES_A_PAGE
        self._changes = changes
        if self._is_copied.is_set():
            self._is_copied.clear()
            self._is_copying = False
            self._copy_rest(connection)
        elif not self._is_copying and self._guess * self._mended >= CHECKPOINT_PAGES:
            self._is_copying = True
            self._checkpoint(self._is_copied.set)

    def _copy_rest(self, connection: sqlite3.Connection) -> None:
        guess, self._guess = self._guess, 0
        # What hinders it, another process that writes say, leaves all in the log, safe.
        with suppress(sqlite3.Error):
            _, pages, copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if pages == copied:
                self._mended = max(1.0, pages / guess)
