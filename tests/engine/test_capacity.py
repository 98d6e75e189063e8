"""Which jobs with needs a worker takes, and what is said of those that no worker could hold."""

from __future__ import annotations

from typing import Any

from beltline.core.job import Job
from beltline.core.needs import Needs, amounts_of
from beltline.core.offers import PATIENCE_US, Offer
from beltline.core.reasons import Reason
from beltline.engine.capacity import Look, blocked, live_versions, take
from beltline.store.fronts import MOST_LANES
from tests.engine.desk import Desk


def cpus(amount: float) -> Needs:
    return Needs(amounts_of({"cpu": amount}))


async def look(desk: Desk, offer: Offer, **given: Any) -> Look:
    given = {"queues": None, "held": (), "slots": 10, **given}
    return await take(desk.store, desk.namespace, await desk.session(), offer=offer, **given)


def ids(found: Look) -> list[str]:
    return [job.id for job in found.jobs]


FOUR = Offer(amounts_of({"cpu": 4}))


async def test_where_nothing_is_asked_nothing_is_taken(desk: Desk) -> None:
    await desk.submit()

    assert await look(desk, FOUR) == Look([], {}, waits=False, after=None)


async def test_what_fits_beside_what_is_held_is_taken(desk: Desk) -> None:
    jobs = [await desk.submit(resources={"cpu": 1}) for _ in range(4)]

    found = await look(desk, FOUR, held=[cpus(2)])

    assert ids(found) == sorted(job.id for job in jobs)[:2]
    assert (found.needs, found.waits) == (dict.fromkeys(ids(found), cpus(1)), True)


async def test_what_this_worker_can_never_hold_is_nothing_to_wait_for(desk: Desk) -> None:
    await desk.submit(resources={"cpu": 5})

    assert await look(desk, FOUR) == Look([], {}, waits=False, after=None)


async def test_jobs_without_needs_that_come_first_keep_their_slots(desk: Desk) -> None:
    first = [await desk.submit() for _ in range(2)]
    desk.clock.advance(1)
    asking = await desk.submit(resources={"cpu": 1})

    assert ids(await look(desk, FOUR, slots=2)) == []
    assert ids(await look(desk, FOUR, slots=3)) == [asking.id]
    assert [job.id for job in await desk.claim(limit=5)] == sorted(job.id for job in first)


async def test_room_is_kept_for_a_large_job_that_waited_long(desk: Desk) -> None:
    large = await desk.submit(resources={"cpu": 4})
    desk.clock.advance(PATIENCE_US - 1)
    early = await desk.submit(resources={"cpu": 1})

    passed = await look(desk, FOUR, held=[cpus(1)])
    desk.clock.advance(1)
    await desk.submit(resources={"cpu": 1})
    kept = await look(desk, FOUR, held=[cpus(1)])
    free = await look(desk, FOUR)

    assert (ids(passed), ids(kept), ids(free)) == ([early.id], [], [large.id])


async def test_what_lies_behind_a_thousand_lanes_is_found_by_the_next_look(desk: Desk) -> None:
    names = [*(f"a{number:04}" for number in range(MOST_LANES)), "b"]
    jobs = [desk.world.new(needs=Needs(tags=frozenset([name])).text()) for name in names]
    await desk.world.insert(*jobs)
    offer = Offer(tags=frozenset(["b"]))

    first = await look(desk, offer)
    second = await look(desk, offer, after=first.after)
    third = await look(desk, offer, after=second.after)

    assert (ids(first), ids(second), ids(third)) == ([], [jobs[-1].id], [])
    assert (first.after is None, second.after) == (False, None)


async def blocking(desk: Desk, job: Job) -> tuple[Reason, str, str | None] | None:
    found = (await blocked(desk.store, desk.namespace, [job])).get(job.id)
    return None if found is None else (found.reason, found.offered, found.worker)


async def test_the_worker_that_comes_nearest_is_named(desk: Desk) -> None:
    for name, amounts in (("a", {"cpu": 2, "gpu": 1}), ("b", {"cpu": 4}), ("c", {"cpu": 3, "gpu": 1})):
        await desk.world.session(name, offer=Offer(amounts_of(amounts)).text())
    job = await desk.submit(resources={"cpu": 4, "gpu": 1})

    assert await blocking(desk, job) == (Reason.NO_CAPACITY, "cpu=3, gpu=1", "c")


async def test_only_live_workers_of_its_queue_count(desk: Desk) -> None:
    offer = Offer(amounts_of({"cpu": 4})).text()
    gone = await desk.world.session("gone", offer=offer)
    await desk.store.sessions.close(desk.namespace, gone, desk.now)
    await desk.world.session("elsewhere", offer=offer, queues=("mails",))
    job = await desk.submit(resources={"cpu": 4})

    assert await blocking(desk, job) == (Reason.NO_CAPACITY, "cpu=0", None)
    await desk.world.session("here", offer=offer, queues=("images",))
    assert await blocking(desk, job) is None


async def test_a_version_and_room_on_two_workers_are_not_enough(desk: Desk) -> None:
    roomy = Offer(amounts_of({"cpu": 4})).text()
    await desk.world.session("new", definitions=("resize",), versions=("2",), offer=roomy)
    job = await desk.submit(resources={"cpu": 4}, pinned=True)

    assert await blocking(desk, job) == (Reason.NO_VERSION, "2", None)
    await desk.world.session("old", definitions=("resize",), versions=("1",))
    assert await blocking(desk, job) == (Reason.NO_CAPACITY, "cpu=0", "old")


async def test_live_versions_are_counted(desk: Desk) -> None:
    for version in ("1", "2", "2"):
        await desk.world.session(definitions=("resize", "mail"), versions=(version, "7"))

    assert await live_versions(desk.store, desk.namespace) == {
        "resize": {"1": 1, "2": 2},
        "mail": {"7": 3},
    }
