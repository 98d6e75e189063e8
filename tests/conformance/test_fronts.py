"""`fronts.lanes`, `fronts.fronts` and a claim by ids: jobs that ask something of their worker."""

from __future__ import annotations

from typing import Any, Final

import pytest

from beltline.core.errors import LeaseLost
from beltline.core.job import NewJob
from beltline.core.offers import Front
from beltline.core.states import JobState
from beltline.store.fronts import MOST_LANES, FindFronts, Lane
from tests.conformance.builders import DELAY, change_to
from tests.conformance.model import claim_of, claimed_row
from tests.conformance.world import World

LARGE: Final = '{"resources":{"cpu":8}}'
SMALL: Final = '{"resources":{"cpu":1}}'


def front_of(job: NewJob) -> Front:
    assert job.order_key is not None
    assert job.queued_at is not None
    return Front(job.order_key, job.id, job.needs, job.queued_at)


async def lanes_of(world: World, *queues: str, after: Lane | None = None) -> list[Lane]:
    return await world.store.fronts.lanes(world.namespace, queues or None, after=after)


async def fronts_of(world: World, *lanes: Lane, limit: int = 100) -> list[Front]:
    params = FindFronts(namespace=world.namespace, lanes=lanes, limit=limit, now=world.now)
    return await world.store.fronts.fronts(params)


@pytest.mark.parametrize("queues", [None, ("a",), ("a", "b")], ids=["any", "one", "two"])
async def test_a_plain_claim_leaves_what_needs_something(
    world: World, queues: tuple[str, ...] | None
) -> None:
    asking = [world.new(queue=queue, needs=LARGE, queued_at=world.now - 9) for queue in ("a", "b")]
    plain = [world.new(queue=queue) for queue in ("a", "b")]
    await world.insert(*asking, *plain)

    claimed = await world.claim(queues=queues)

    assert {job.id for job in claimed} == {job.id for job in plain if job.queue in (queues or ("a", "b"))}


async def test_lanes_are_the_queues_and_what_is_asked_in_them(world: World) -> None:
    await world.insert(
        *(world.new(queue="a", needs=needs) for needs in (SMALL, LARGE, SMALL, "")),
        world.new(queue="b"),
        world.new(queue="c", needs=SMALL),
        world.new(queue="d", needs=SMALL, state=JobState.SCHEDULED),
    )

    found = await lanes_of(world)

    expected = [("a", ""), ("a", SMALL), ("a", LARGE), ("b", ""), ("c", ""), ("c", SMALL)]
    assert found == [Lane(*lane) for lane in expected]


async def test_lanes_of_named_queues(world: World) -> None:
    await world.insert(*(world.new(queue=queue, needs=SMALL) for queue in ("a", "b", "c")))

    assert await lanes_of(world, "c", "a", "nothing") == [
        Lane("a", ""),
        Lane("a", SMALL),
        Lane("c", ""),
        Lane("c", SMALL),
        Lane("nothing", ""),
    ]


async def test_a_paused_queue_has_no_lane(world: World) -> None:
    await world.insert(*(world.new(queue=queue, needs=SMALL) for queue in ("a", "b")))
    await world.store.queues.set_paused(world.namespace, "a", paused=True, now=world.now)

    assert await lanes_of(world) == await lanes_of(world, "a", "b") == [Lane("b", ""), Lane("b", SMALL)]


async def test_lanes_go_on_behind_the_last_one(world: World) -> None:
    needs = [f'{{"tags":["t{number:05}"]}}' for number in range(MOST_LANES + 5)]
    await world.insert(*(world.new(queue="a", needs=each) for each in needs), world.new(queue="b"))

    first = await lanes_of(world)
    second = await lanes_of(world, after=first[-1])

    everything = [Lane("a", ""), *(Lane("a", each) for each in needs), Lane("b", "")]
    assert (len(first), first + second) == (MOST_LANES, everything)


async def test_lanes_and_fronts_keep_to_their_namespace(world: World) -> None:
    await world.insert(world.new(queue="a", needs=SMALL))
    elsewhere = World(world.place, world.store, world.clock, f"{world.namespace}-b")

    assert await lanes_of(elsewhere) == []
    assert await fronts_of(elsewhere, Lane("a", SMALL)) == []


async def test_fronts_are_the_first_of_each_lane_in_order(world: World) -> None:
    small = [world.new(queue="a", needs=SMALL, queued_at=world.now - age) for age in (5, 1, 3)]
    large = [world.new(queue="a", needs=LARGE, queued_at=world.now - age) for age in (4, 2)]
    plain = [world.new(queue="b", queued_at=world.now - age) for age in (6, 7)]
    await world.insert(*small, *large, *plain)

    lanes = [Lane("b", ""), Lane("a", SMALL), Lane("a", LARGE), Lane("a", '{"tags":["x"]}')]
    found = await fronts_of(world, *lanes, limit=2)

    expected = [plain[1], plain[0], small[0], large[0], small[2], large[1]]
    assert found == [front_of(job) for job in expected]
    assert await fronts_of(world) == []


async def test_fronts_leave_out_what_may_not_start(world: World) -> None:
    soon = world.now + 10
    stale = [world.new(needs=SMALL, expires_at=soon), world.new(needs=SMALL, deadline_at=soon)]
    good = world.new(needs=SMALL)
    await world.insert(*stale, good)
    world.clock.advance(10)

    assert await fronts_of(world, Lane(good.queue, SMALL)) == [front_of(good)]


async def test_a_claim_by_ids_takes_these_and_writes_their_rows(world: World) -> None:
    jobs = [
        world.new(needs=needs, queued_at=world.now - age) for age, needs in enumerate((SMALL, LARGE, SMALL))
    ]
    await world.insert(*jobs)
    before = await world.job(jobs[2].id)
    session = await world.session()

    claimed = await world.claim(session=session, ids=(jobs[1].id, jobs[2].id, "unknown"))

    after = await world.job(jobs[2].id)
    assert after == claimed_row(before, session, world.now)
    assert claimed == [claim_of(after), claim_of(await world.job(jobs[1].id))]
    assert (await world.job(jobs[0].id)).state is JobState.QUEUED


async def test_a_claim_by_ids_takes_no_more_than_its_limit(world: World) -> None:
    jobs = [world.new(needs=SMALL) for _ in range(3)]
    await world.insert(*jobs)

    assert len(await world.claim(ids=tuple(job.id for job in jobs), limit=2)) == 2
    assert await world.claim(ids=()) == []


async def test_a_claim_by_ids_passes_over_what_may_not_be_taken(world: World) -> None:
    soon = world.now + 10
    taken, shut, late, stale, ahead, good = (
        world.new(needs=SMALL, **fields)
        for fields in (
            {},
            {"queue": "shut"},
            {"deadline_at": soon},
            {"expires_at": soon},
            {"state": JobState.SCHEDULED},
            {},
        )
    )
    await world.insert(taken, shut, late, stale, ahead, good)
    await world.store.queues.set_paused(world.namespace, "shut", paused=True, now=world.now)
    await world.claim(session=await world.session("other"), ids=(taken.id,))
    world.clock.advance(10)

    claimed = await world.claim(ids=tuple(job.id for job in (taken, shut, late, stale, ahead, good)))

    assert [job.id for job in claimed] == [good.id]


@pytest.mark.parametrize("end", ["unknown", "closed", "lost"])
async def test_a_session_that_is_not_open_claims_nothing_by_ids(world: World, end: str) -> None:
    job = world.new(needs=SMALL)
    await world.insert(job)
    session = await world.session() if end != "unknown" else "nobody"
    if end == "closed":
        await world.store.sessions.close(world.namespace, session, world.now)
    if end == "lost":
        assert await world.store.sessions.lose(world.namespace, session, 0, world.now)

    with pytest.raises(LeaseLost):
        await world.claim(session=session, ids=(job.id,))

    assert (await world.job(job.id)).state is JobState.QUEUED


@pytest.mark.parametrize(
    "fields",
    [{}, {"idempotency_key": "k"}, {"labels": {"a": "b"}, "priority": 3}],
    ids=["plain", "key", "mixed"],
)
async def test_what_a_job_needs_stays_with_it(world: World, fields: dict[str, Any]) -> None:
    first = world.new(needs=LARGE, **fields)
    await world.insert(first, world.new())
    (claimed,) = await world.claim(ids=(first.id,))

    await world.apply(change_to(claimed, JobState.RETRYING, world.now, run_at=world.now))
    world.clock.advance(DELAY)
    await world.store.upkeep.stage(world.namespace, world.now, 10)
    (again,) = await world.claim(ids=(first.id,))
    await world.apply(change_to(again, JobState.FAILED, world.now))

    assert (await world.job(first.id)).needs == LARGE


async def test_a_session_tells_what_it_offers_and_which_versions_it_has(world: World) -> None:
    offer = '{"resources":{"cpu":4},"tags":["eu"]}'
    told = await world.session("told", definitions=("mail", "resize"), versions=("v2", "h1"), offer=offer)
    silent = await world.session("silent")

    found = {session.id: session for session in await world.store.sessions.page(world.namespace)}

    assert (found[told].versions, found[told].offer) == (("v2", "h1"), offer)
    assert (found[silent].versions, found[silent].offer) == (None, None)


async def test_each_attempt_has_the_version_that_ran_it(world: World) -> None:
    job = world.new(version="v1")
    await world.insert(job)
    session = await world.session(definitions=("other", job.definition), versions=("x", "v3"))
    (first,) = await world.claim(session=session)
    await world.apply(change_to(first, JobState.QUEUED, world.now, ran_version="v2"))
    (second,) = await world.claim(session=session)

    while_it_runs = await world.store.reads.attempts(world.namespace, job.id)
    await world.apply(change_to(second, JobState.SUCCEEDED, world.now, ran_version="v3"))
    afterwards = await world.store.reads.attempts(world.namespace, job.id)

    assert [attempt.version for attempt in while_it_runs] == ["v2", "v3"]
    assert [attempt.version for attempt in afterwards] == ["v2", "v3"]
    assert (await world.job(job.id)).ran_version == "v3"


async def test_a_run_of_the_jobs_own_version_says_so(world: World) -> None:
    first = await world.running(version="v1")
    await world.apply(change_to(first, JobState.QUEUED, world.now))
    (second,) = await world.claim()
    await world.apply(change_to(second, JobState.FAILED, world.now))

    found = await world.store.reads.attempts(world.namespace, first.id)

    assert [attempt.version for attempt in found] == ["v1", "v1"]
