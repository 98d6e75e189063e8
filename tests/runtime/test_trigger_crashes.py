"""Whatever call of the store is the last one of a process, an outcome makes one job."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

import pytest

from beltline.core.decide import Policy
from beltline.core.errors import StoreError
from beltline.core.outcome import succeeded
from beltline.definitions.trigger import JobOutcome
from beltline.engine import trigger_looks, triggers
from beltline.engine.definitions import apply_definitions
from beltline.engine.settle import Settlement, claim, settle
from beltline.engine.trigger_looks import Places
from beltline.store.pages import JobFilter, ListJobs
from beltline.store.params import NewSession
from beltline.triggers.places import open_listing
from tests.hops import Door
from tests.runtime.works import Works


async def for_ever(live: Callable[[], Awaitable[None]]) -> None:
    while True:
        await live()


@pytest.mark.parametrize("window", [None, {"throttle": {"most": 5}}], ids=["at once", "window"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("let_pass", range(8))
async def test_an_outcome_makes_one_job_whatever_crashes(
    works: Works,
    door: Door,
    let_pass: int,
    after: bool,
    window: dict[str, dict[str, int]] | None,
) -> None:
    belt, store, namespace, chance = works.belt, works.store, works.namespace, random.Random(1)

    @belt.job
    async def load() -> None: ...

    @belt.job
    async def report() -> None: ...

    await apply_definitions(store, namespace, belt.registry)
    rule = JobOutcome(of="load", payload={}, window=window)
    await triggers.create(store, namespace, "t", "report", rule, actor="ada")
    await load.submit()
    session = NewSession(
        namespace=namespace,
        id="s",
        name="w",
        host="h",
        pid=1,
        lease_us=10**9,
        queues=None,
        concurrency=1,
        now=store.now(),
    )
    await store.sessions.open(session)
    [job] = await claim(store, namespace, "s", queues=None, limit=1)
    places = Places(open_listing)

    async def live() -> None:
        """What a process does with the end of a job, again and again until it is done."""
        await settle(store, namespace, [Settlement(job, succeeded(b"null"), Policy())], random=chance)
        while await trigger_looks.turn(store, namespace, places, random=chance):
            continue

    door.fail(let_pass=let_pass, after=after)
    with pytest.raises(StoreError):
        await for_ever(live)
    door.open()
    await live()

    made = ListJobs(namespace=namespace, where=JobFilter(definition="report"))
    counts = await store.triggers.counts(namespace, "t")
    assert (await store.reads.page(made)).total == 1
    assert {each.outcome: each.events for each in counts}["submitted"] == 1
