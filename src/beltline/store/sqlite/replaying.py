"""What is done to dead letters in a transaction, by a verb of its own or as a step of a replay run."""

from __future__ import annotations

import json
from collections.abc import Sequence

from beltline.core.order import HEAD_START
from beltline.store.hints import Hint
from beltline.store.sqlite.packing import packed
from beltline.store.sqlite.transaction import Transaction


def replayed(
    transaction: Transaction, namespace: str, ids: Sequence[str], now: int, *, waiting: bool = False
) -> list[str]:
    """Move dead, not discarded jobs back to queued, or to wait again; return their ids."""
    given = {"namespace": namespace, "ids": packed(list(ids))}
    found: str = transaction.value("replay_find", given)
    parameters = {"namespace": namespace, "ids": found, "now": now, "head_start": HEAD_START}
    parameters["waiting"] = waiting
    for step in ("group_leave", "replay_attempts", "replay_keys", "replay_grown", "replay", "replay_leave"):
        transaction.run(step, parameters)
    moved: list[str] = json.loads(found)
    if moved:
        transaction.hint(namespace, Hint.QUEUED)
        transaction.hint(namespace, Hint.LINKED)
    return moved


def discarded(transaction: Transaction, namespace: str, ids: Sequence[str], now: int) -> list[str]:
    """Mark dead jobs as discarded, and remove what they remember; return the ids newly marked."""
    parameters = {"namespace": namespace, "now": now, "ids": packed(list(ids))}
    transaction.run("group_leave", parameters)
    marked = [job_id for (job_id,) in transaction.run("discard", parameters).fetchall()]
    if marked:
        gone = {"namespace": namespace, "ids": packed(marked)}
        transaction.run("prune_steps", gone)
        transaction.run("prune_positions", gone)
    return marked
