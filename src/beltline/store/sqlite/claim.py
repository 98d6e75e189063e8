"""Taking jobs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from operator import attrgetter, itemgetter
from typing import Any, Final, NamedTuple, cast

from beltline.core.errors import LeaseLost
from beltline.core.job import ClaimedJob
from beltline.store.params import ClaimJobs
from beltline.store.rows import labels_of
from beltline.store.sqlite.packing import packed
from beltline.store.sqlite.transaction import Transaction

NO_IDS: Final = "[]"
ID: Final = attrgetter("id")
PAYLOAD: Final = ClaimedJob._fields.index("payload")
# ClaimedJob._make without its check of the length: 0.15 us a job in place of 0.4.
_MADE: Final = partial(cast("Callable[..., ClaimedJob]", tuple.__new__), ClaimedJob)
LABELS: Final = ClaimedJob._fields.index("labels")


class Claimed(NamedTuple):
    """What a claim took, as the database gives it; the writer's thread does not read it.

    JSON lists of ids, of order keys and of rows of ClaimedJob, these with lengths in place of payloads; and
    the payloads end to end.
    """

    ids: str
    order_keys: str
    facts: str
    payloads: bytes

    def __bool__(self) -> bool:
        return self.ids != NO_IDS

    def jobs(self) -> list[ClaimedJob]:
        """Return the jobs, in the order of (order_key, id)."""
        rows: list[Any] = json.loads(self.facts)
        at = 0
        for row in rows:
            end = at + row[PAYLOAD]
            row[PAYLOAD] = self.payloads[at:end]
            at = end
        # SQLite gathers rows in the order of the subquery, but promises it in no version before 3.44.
        return _in_order(json.loads(self.order_keys), _with_labels(rows))


NOTHING: Final = Claimed(NO_IDS, "[]", "[]", b"")


def claim_verb(params: ClaimJobs) -> Callable[[Transaction], Claimed]:
    """Return the verb that takes jobs for a session."""
    return partial(_claim, params=params)


def later_claim_verb(params: ClaimJobs, now: Callable[[], int]) -> Callable[[Transaction], Claimed]:
    """Return the verb that takes jobs at some later time."""
    return lambda transaction: _claim(transaction, params=replace(params, now=now()))


def held_jobs(rows: Sequence[list[Any]]) -> list[ClaimedJob]:
    """Return the jobs of a `held` statement, without payloads."""
    for row in rows:
        row[PAYLOAD] = b""
    return _with_labels(rows)


def _in_order(order_keys: Sequence[int], jobs: list[ClaimedJob]) -> list[ClaimedJob]:
    """Return the jobs by (order_key, id), which they nearly always are."""
    ids = list(map(ID, jobs))
    # Two lists that are sorted each: a third of the time of one list of pairs.
    if order_keys == sorted(order_keys) and ids == sorted(ids):
        return jobs
    order = sorted(zip(order_keys, ids, jobs, strict=True), key=itemgetter(0, 1))
    return [job for _, _, job in order]


def _with_labels(rows: Sequence[list[Any]]) -> list[ClaimedJob]:
    for row in rows:
        if row[LABELS] is not None:
            row[LABELS] = labels_of(row[LABELS])
    return list(map(_MADE, rows))


def _claim(transaction: Transaction, *, params: ClaimJobs) -> Claimed:
    asked: dict[str, Any] = {"namespace": params.namespace, "session": params.session}
    front = {"namespace": params.namespace, "now": params.now, "limit": params.limit}
    if params.ids is not None:
        if not transaction.value("claim_session", asked):
            raise _lost(params)
        return _taken(
            transaction, params, transaction.row("claim_chosen", front | {"ids": packed(params.ids)})
        )
    if params.queues is None:
        row = transaction.row("claim_queues", asked)
    else:
        asked["queues"] = packed(sorted(set(params.queues)))
        row = transaction.row("claim_named_queues", asked)
    is_open, queues = row or (False, "[]")
    if not is_open:
        raise _lost(params)
    names: list[str] = json.loads(queues)
    if not names:
        return NOTHING
    if len(names) == 1:
        found = transaction.row("claim_front", front | {"queue": names[0]})
    else:
        found = transaction.row("claim_fronts", front | {"queues": queues})
    return _taken(transaction, params, found)


def _taken(transaction: Transaction, params: ClaimJobs, found: tuple[Any, ...] | None) -> Claimed:
    claimed = Claimed._make(found) if found is not None and found[0] != NO_IDS else NOTHING
    if claimed:
        holder = {"namespace": params.namespace, "now": params.now, "session": params.session}
        transaction.run("claim_take", holder | {"ids": claimed.ids})
    return claimed


def _lost(params: ClaimJobs) -> LeaseLost:
    return LeaseLost(
        f"session {params.session} is not open any more; nothing was claimed: open a new session"
    )
