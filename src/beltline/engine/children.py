"""The children of a job, page by page: those that are open, then those that failed, then the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from beltline.core.job import Job
from beltline.engine import control
from beltline.engine.batches import FOLD_BATCH
from beltline.store.batches import ListChildren
from beltline.store.contract import Store

# Where children are, in the order in which they are listed, by what callers call it.
PLACES: Final = (("open", "live"), ("failed", "dead"), ("ended", "history"))


class ChildrenPage(NamedTuple):
    """A page. `next` is the place of the last child, for the page after it; None on the last page."""

    items: list[Job]
    next: tuple[int, str] | None
    total: int


async def children_of(
    store: Store,
    namespace: str,
    job_id: str,
    *,
    which: Sequence[str] = (),
    after: tuple[int, str] | None = None,
    limit: int = 100,
) -> ChildrenPage:
    """Return children of a job: all, or only `which` of "open", "failed" and "ended". Raises NotFound.

    A child that moves while pages are read may be told twice; it is left out only where it was replayed.
    """
    await control.fetch(store, namespace, job_id)
    begin, name = after or (0, "")
    found: list[tuple[int, Job]] = []
    for place, (word, where) in enumerate(PLACES):
        left = limit + 1 - len(found)
        if place < begin or left <= 0 or (which and word not in which):
            continue
        params = ListChildren(
            namespace=namespace,
            parents=[job_id],
            where=where,
            after=name if place == begin else "",
            limit=left,
        )
        found += [(place, job) for job in await store.batches.children(params)]
    kept = found[:limit]
    following = (kept[-1][0], kept[-1][1].id) if len(found) > limit else None
    return ChildrenPage([job for _, job in kept], following, await _total(store, namespace, job_id, which))


async def _total(store: Store, namespace: str, job_id: str, which: Sequence[str]) -> int:
    await store.batches.fold(namespace, FOLD_BATCH)
    batches = await store.batches.get(namespace, [job_id])
    if not batches:
        return 0
    [batch] = batches
    counts = {"open": batch.open, "failed": batch.failed, "ended": batch.succeeded + batch.cancelled}
    return sum(count for word, count in counts.items() if not which or word in which)
