"""Group commit: what waits is written in one transaction, each verb whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeAlias

from beltline.core.clock import Clock
from beltline.store.hints import Hint
from beltline.store.sqlite.connection import FileLock
from beltline.store.sqlite.failures import store_error
from beltline.store.sqlite.parking import Outcome, Parked, Parking, Request
from beltline.store.sqlite.transaction import Transaction
from beltline.store.sqlite.wakeups import Hints

GROUP_MOST: Final = 128
# A group ends after this long, so that those that come later do not keep its first verb from its commit.
GROUP_US: Final = 10_000


Committed: TypeAlias = tuple[list[Outcome], Hints]
Next: TypeAlias = Callable[[], Request | None]


class Groups:
    """Commits on the write connection, under the lock. `more` gives the next request that waits, if any."""

    def __init__(
        self,
        path: str,
        connection: sqlite3.Connection,
        *,
        lock: FileLock,
        clock: Clock,
        more: Next,
        parking: Parking,
    ) -> None:
        self._path = path
        self._connection = connection
        self._lock = lock
        self._clock = clock
        self._more = more
        self._parking = parking

    def commit(self, first: Request) -> Committed:
        """Run a request and those that wait behind it; answer all."""
        taken = [first]
        try:
            with self._lock.held():
                return self._transact(taken)
        except OSError as error:
            return self._failed(taken, error)

    def _transact(self, taken: list[Request]) -> Committed:
        begun = False
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            begun = True
            return self._group(taken)
        except Exception as error:  # noqa: BLE001 - an error of the transaction is everyone's
            if begun:
                with suppress(sqlite3.Error):  # where the error ended the transaction itself
                    self._connection.execute("ROLLBACK")
            else:
                # Whoever waits would wait for the same in vain.
                self._take_all(taken)
            return self._failed(taken, error)

    def _group(self, taken: list[Request]) -> Committed:
        second = self._more()
        if second is None:
            outcomes, hints = self._alone(taken[0])
        else:
            taken.append(second)
            outcomes, hints = self._together(taken)
        claims = self._parking.run(hints, self._claimed)
        self._connection.execute("COMMIT")
        self._parking.answered(claims)
        # Who waits for work hears first: a body should begin before its submitter goes on.
        return claims + outcomes, hints

    def _alone(self, request: Request) -> Committed:
        transaction = Transaction(self._connection)
        value = request.verb(transaction)
        return [Outcome(request.future, value, None)], transaction.hints

    def _together(self, taken: list[Request]) -> Committed:
        outcomes: list[Outcome] = []
        hints: set[tuple[str, Hint]] = set()
        until = self._clock.monotonic() + GROUP_US
        # The list grows while it is walked.
        for request in taken:
            outcomes.append(self._guarded(request, hints))
            if len(taken) == len(outcomes) < GROUP_MOST and self._clock.monotonic() < until:
                another = self._more()
                if another is not None:
                    taken.append(another)
        return outcomes, hints

    def _guarded(self, request: Request, hints: set[tuple[str, Hint]]) -> Outcome:
        """Run a verb in a savepoint, so that it fails alone. An error that ends the transaction goes up."""
        transaction = Transaction(self._connection)
        self._connection.execute("SAVEPOINT verb")
        try:
            outcome = Outcome(request.future, request.verb(transaction), None)
            hints |= transaction.hints
        except Exception as error:
            if not self._connection.in_transaction:
                raise
            self._connection.execute("ROLLBACK TO verb")
            outcome = Outcome(request.future, None, store_error(error, self._path))
        self._connection.execute("RELEASE verb")
        return outcome

    def _claimed(self, parked: Parked) -> Outcome:
        return self._guarded(parked, set())

    def _take_all(self, taken: list[Request]) -> None:
        while len(taken) < GROUP_MOST and (request := self._more()) is not None:
            taken.append(request)

    def _failed(self, taken: list[Request], error: Exception) -> Committed:
        outcomes = [Outcome(request.future, None, store_error(error, self._path)) for request in taken]
        return outcomes, frozenset()
