"""Reading the audit and proving that no entry was altered, removed or moved."""

from __future__ import annotations

from typing import Final, NamedTuple

from beltline.core.audit import GENESIS, chain_hash
from beltline.store.contract import Store

_PAGE: Final = 1_000


class Verified(NamedTuple):
    """What verifying found. `broken_at` is the first entry that does not follow from those before it.

    `head` is the last hash: noted elsewhere, it also shows later that the end was cut off.
    """

    entries: int
    broken_at: int | None
    head: str


async def verify_audit(store: Store, namespace: str) -> Verified:
    """Follow the chain of a namespace from its beginning."""
    previous, seq, entries = GENESIS, 0, 0
    while True:
        page = await store.audit.page(namespace, after=seq, limit=_PAGE)
        for row in page:
            fields = (row.actor, row.action, row.target, row.reason, row.before, row.after)
            expected = chain_hash(previous, namespace, row.seq, row.at, fields)
            if row.seq != seq + 1 or row.prev_hash != previous or row.hash != expected:
                return Verified(entries, row.seq, previous)
            previous, seq, entries = row.hash, row.seq, entries + 1
        if len(page) < _PAGE:
            return Verified(entries, None, previous)
