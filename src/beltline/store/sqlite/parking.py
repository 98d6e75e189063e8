"""Claims that wait on the writer's thread for something to claim.

A parked claim runs in the transaction that queues a job: an idle worker of the same process then has it with
one write to disk in place of two, which is most of the time of a pick-up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from beltline.store.hints import Hint
from beltline.store.sqlite.transaction import Verb
from beltline.store.sqlite.wakeups import Hints


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """A verb that waits for the writer."""

    verb: Verb[Any]
    future: asyncio.Future[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Parked(Request):
    """A verb that waits until a job is queued in the namespace; an empty value leaves it parked."""

    namespace: str


@dataclass(frozen=True, slots=True, eq=False)
class Leave:
    """Asks to answer a parked verb now, with `value` where it has not run yet."""

    parked: Parked
    value: Any


class Outcome(NamedTuple):
    """What became of a request once the group was committed."""

    future: asyncio.Future[Any]
    value: Any
    error: BaseException | None


Run: TypeAlias = Callable[[Parked], Outcome]


class Parking:
    """The parked verbs of one writer."""

    def __init__(self) -> None:
        self._parked: list[Parked] = []

    def enter(self, parked: Parked) -> None:
        """Park a verb."""
        self._parked.append(parked)

    def leave(self, leaving: Leave) -> list[Outcome]:
        """Return the answer of a verb that is still parked; nothing of one that was answered."""
        if leaving.parked not in self._parked:
            return []
        self._parked.remove(leaving.parked)
        return [Outcome(leaving.parked.future, leaving.value, None)]

    def run(self, hints: Hints, run: Run) -> list[Outcome]:
        """Run what waits for these hints; return the outcomes that are worth an answer."""
        due = [parked for parked in self._parked if (parked.namespace, Hint.QUEUED) in hints]
        outcomes = map(run, due)
        return [outcome for outcome in outcomes if outcome.error is not None or outcome.value]

    def close(self, error: Exception) -> list[Outcome]:
        """Return an answer for all that is still parked."""
        parked, self._parked = self._parked, []
        return [Outcome(each.future, None, error) for each in parked]

    def answered(self, outcomes: list[Outcome]) -> None:
        """Forget the verbs that had these outcomes, once they are on disk."""
        if outcomes:
            futures = {outcome.future for outcome in outcomes}
            self._parked = [parked for parked in self._parked if parked.future not in futures]
