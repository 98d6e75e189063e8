"""What a verb works with: one transaction on one connection, and the statements by name."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from beltline.core.states import JobState
from beltline.store.hints import Hint
from beltline.store.statements import load_statements

T = TypeVar("T")
Parameters: TypeAlias = Mapping[str, Any] | Sequence[Any]
STATEMENTS: Final = load_statements("beltline.store.sqlite")


class Connection(Protocol):
    """What a verb needs of a connection; that of sqlite3 is one."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    def execute(self, sql: str, parameters: Any = ..., /) -> Any:  # noqa: ANN401 - as sqlite3 has it
        """Run one statement."""
        ...


class Transaction:
    """One open transaction. `hints` are what others should hear once it is committed.

    `ended`: jobs that ended in it, by their state, and nobody has told or noted yet who waits for them.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.hints: set[tuple[str, Hint]] = set()
        self.ended: dict[JobState, list[str]] = {}

    def run(self, name: str, parameters: Parameters = ()) -> Any:  # noqa: ANN401 - a cursor of sqlite3, or alike
        """Run the statement of this name."""
        return self.connection.execute(STATEMENTS[name], parameters)

    def changed(self, name: str, parameters: Parameters = ()) -> int:
        """Run a statement that writes; return how many rows it wrote."""
        count: int = self.run(name, parameters).rowcount
        return count

    def row(self, name: str, parameters: Parameters = ()) -> tuple[Any, ...] | None:
        """Return the first row of a statement."""
        found: tuple[Any, ...] | None = self.run(name, parameters).fetchone()
        return found

    def value(self, name: str, parameters: Parameters = ()) -> Any:  # noqa: ANN401 - a column may hold anything
        """Return the only value of a statement that gives exactly one row."""
        return self.run(name, parameters).fetchone()[0]

    def listed(self, name: str, parameters: Parameters = ()) -> list[Any]:
        """Return the rows of a statement that gives them as one JSON text, in one step."""
        found: list[Any] = json.loads(self.value(name, parameters))
        return found

    def hint(self, namespace: str, hint: Hint) -> None:
        """Let others hear of this once it is committed."""
        self.hints.add((namespace, hint))


Verb: TypeAlias = Callable[[Transaction], T]


class Gate(Protocol):
    """Runs verbs. Each is a transaction that has happened or not, whatever becomes of the caller."""

    async def write(self, verb: Verb[T]) -> T:
        """Run a verb in a write transaction and return what it returns once that is on disk."""
        ...

    async def park(self, namespace: str, verb: Verb[T], *, until: asyncio.Event, empty: T) -> T:
        """Run a verb in the transaction that next queues a job of the namespace, where that can be.

        Return `empty` at the latest soon after `until` is set. A cancelled caller may miss that it has run.
        """
        ...

    async def read(self, verb: Verb[T]) -> T:
        """Run a verb that only reads, on one snapshot."""
        ...

    async def open(self, prepare: Callable[[sqlite3.Connection], None]) -> None:
        """Connect; `prepare` sees the first connection, under the file's lock, before any verb."""
        ...

    async def close(self) -> None:
        """Finish what was begun and disconnect."""
        ...

    def listen(self, *, wanted: bool) -> None:
        """From now on notice what other processes write, or no more."""
        ...
