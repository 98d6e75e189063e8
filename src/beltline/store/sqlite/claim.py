"""Taking jobs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

from beltline.core.errors import LeaseLost
from beltline.core.job import ClaimedJob
from beltline.store.params import ClaimJobs
from beltline.store.rows import labels_of
from beltline.store.sqlite.transaction import Transaction, packed


class Claimed(NamedTuple):
    """Claimed rows as the database gives them, payloads end to end."""

    rows: list[Any]
    payloads: bytes

    def jobs(self) -> list[ClaimedJob]:
        """Return the jobs, in the order of (order_key, id)."""
        made: list[tuple[int, str, ClaimedJob]] = []
        at = 0
        for order_key, *row in self.rows:
            end = at + row[5]
            row[5] = self.payloads[at:end]
            at = end
            if row[15] is not None:
                row[15] = labels_of(row[15])
            made.append((order_key, row[0], ClaimedJob._make((*row, None))))
        made.sort(key=itemgetter(0, 1))
        return [job for _, _, job in made]


def claim_verb(params: ClaimJobs) -> Callable[[Transaction], Claimed]:
    """Return the verb that takes jobs for a session."""
    return partial(_claim, params=params)


def held_jobs(rows: Sequence[Sequence[Any]]) -> list[ClaimedJob]:
    """Return the jobs of a `held` statement, without payloads."""
    return [ClaimedJob._make((*row[:5], b"", *row[5:14], labels_of(row[14]), *row[15:])) for row in rows]


def _claim(transaction: Transaction, *, params: ClaimJobs) -> Claimed:
    asked: dict[str, Any] = {"namespace": params.namespace, "session": params.session}
    if params.queues is None:
        row = transaction.row("claim_queues", asked)
    else:
        asked["queues"] = packed(sorted(set(params.queues)))
        row = transaction.row("claim_named_queues", asked)
    is_open, queues = row or (False, "[]")
    if not is_open:
        raise LeaseLost(
            f"session {params.session} is not open any more; nothing was claimed: open a new session"
        )
    names: list[str] = json.loads(queues)
    if not names:
        return Claimed([], b"")
    front = {"namespace": params.namespace, "now": params.now, "limit": params.limit}
    if len(names) == 1:
        found = transaction.row("claim_front", {**front, "queue": names[0]})
    else:
        found = transaction.row("claim_fronts", {**front, "queues": queues})
    facts, payloads = found or ("[]", b"")
    rows: list[Any] = json.loads(facts)
    if rows:
        ids = packed([row[1] for row in rows])
        taken = {"namespace": params.namespace, "session": params.session, "now": params.now, "ids": ids}
        transaction.run("claim_take", taken)
    return Claimed(rows, payloads)
