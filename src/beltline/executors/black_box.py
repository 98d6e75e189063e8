"""What a worker process notes while it runs, for its supervisor to read when it has ended."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Coroutine, Generator
from typing import Any, Final, Self, cast

_LENGTH: Final = struct.Struct("!H")
_NOTHING: Final = _LENGTH.pack(0)
_FIELD: Final = 512
_SESSION, _BURIED, _LOOP, _FIRST_THREAD = range(4)


class BlackBox:
    """Memory shared with the parent that made it before the fork: the session, and whose body is executed.

    One place is the event loop's, one is each thread's. A note costs some 100 ns; it needs no lock, for each
    place has one writer, and it is read when there is none any more.
    """

    def __init__(self, threads: int) -> None:
        self._places = _FIRST_THREAD + threads
        self._page = mmap.mmap(-1, self._places * _FIELD)

    def open(self, session: str) -> None:
        """Note the session under which this process holds jobs."""
        self._write(_SESSION, session)

    def has_buried(self) -> None:
        """Note that those who died before are reported to the store."""
        self._write(_BURIED, "yes")

    @property
    def session(self) -> str:
        """The session; empty where none was opened."""
        return self._read(_SESSION)

    @property
    def is_burial_done(self) -> bool:
        """Whether those who died before are reported to the store."""
        return bool(self._read(_BURIED))

    @property
    def running(self) -> tuple[tuple[str, int], ...]:
        """The runs, as (id, fence), whose bodies are executed; a body that awaits something is not."""
        found = (self._read(place) for place in range(_LOOP, self._places))
        parts = (text.partition(" ") for text in found if text)
        return tuple((job_id, int(fence)) for fence, _, job_id in parts)

    def on_loop(self, job_id: str, fence: int) -> Note:
        """Return the note that the body is executed on the loop."""
        return Note(self._page, _LOOP * _FIELD, _entry(f"{fence} {job_id}"))

    def in_thread(self, thread: int, job_id: str, fence: int) -> Note:
        """Return the same for a body in the thread of this number, which counts from 0.

        Threads beyond those that the box was made for leave no note.
        """
        if _FIRST_THREAD + thread >= self._places:
            return Note(bytearray(_FIELD), 0, _NOTHING)
        return Note(self._page, (_FIRST_THREAD + thread) * _FIELD, _entry(f"{fence} {job_id}"))

    def _write(self, place: int, text: str) -> None:
        entry = _entry(text)
        self._page[place * _FIELD : place * _FIELD + len(entry)] = entry

    def _read(self, place: int) -> str:
        begin = place * _FIELD
        (length,) = _LENGTH.unpack_from(self._page, begin)
        return self._page[begin + _LENGTH.size : begin + _LENGTH.size + length].decode("utf-8", "replace")


class Note:
    """One body's note in its place. It is made, written and wiped for every job: each costs 100 to 300 ns."""

    __slots__ = ("_at", "_entry", "_page")

    def __init__(self, page: mmap.mmap | bytearray, at: int, entry: bytes) -> None:
        self._page = page
        self._at = at
        self._entry = entry

    def begun(self) -> None:
        """Note that the body is executed."""
        self._page[self._at : self._at + len(self._entry)] = self._entry

    def ended(self) -> None:
        """Note that it is not any more."""
        self._page[self._at : self._at + _LENGTH.size] = _NOTHING


class NotedBody(Coroutine[Any, Any, object]):
    """Awaits a body, noting each time that it is executed and that it waits again.

    `cr_await` is the body, as a coroutine has it: who walks a stack walks on.
    """

    __slots__ = ("_note", "cr_await")

    def __init__(self, body: Coroutine[Any, Any, object], note: Note) -> None:
        self.cr_await = body
        self._note = note

    def __await__(self) -> Generator[Any, Any, object]:
        """Return this, which is driven as a generator is."""
        return cast("Generator[Any, Any, object]", self)

    def __iter__(self) -> Self:
        """Return this."""
        return self

    def __next__(self) -> object:
        """Go on."""
        return self.send(None)

    def send(self, value: object) -> object:
        """Go on with what was awaited."""
        self._note.begun()
        try:
            return self.cr_await.send(value)
        finally:
            self._note.ended()

    def throw(self, *error: Any) -> object:
        """Go on with an error."""
        self._note.begun()
        try:
            return self.cr_await.throw(*error)
        finally:
            self._note.ended()

    def close(self) -> None:
        """End it where it waits."""
        self.cr_await.close()


def _entry(text: str) -> bytes:
    """A text that has no room leaves no note: nobody is then blamed by a part of a name."""
    data = text.encode()
    return _LENGTH.pack(len(data)) + data if len(data) <= _FIELD - _LENGTH.size else _NOTHING
