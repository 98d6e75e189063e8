"""`jobs.claim` and `jobs.held`: who gets which job, in which order."""

from __future__ import annotations

import pytest

from beltline.core.clock import MINUTE
from beltline.core.errors import LeaseLost
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.store.params import NoteRequests, Progress
from tests.conformance.builders import DELAY, change_to
from tests.conformance.model import claim_of, claimed_row
from tests.conformance.world import World


async def test_a_claim_writes_the_row_and_returns_it(world: World) -> None:
    job = world.new(
        priority=3,
        max_attempts=9,
        timeout_us=7,
        deadline_at=world.now + MINUTE,
        labels={"a": "1"},
        correlation_id="c",
        traceparent="t",
        idempotency_key="k",
    )
    await world.insert(job)
    before = await world.job(job.id)
    world.clock.advance(5)
    session = await world.session()

    (claimed,) = await world.claim(session=session)

    after = await world.job(job.id)
    assert after == claimed_row(before, session, world.now)
    assert claimed == claim_of(after)


async def test_a_second_run_clears_what_the_first_left(world: World) -> None:
    first = await world.running()
    report = Progress(first.id, first.fence, 0.5, "half")
    await world.store.jobs.progress(world.namespace, [report])
    params = NoteRequests(
        namespace=world.namespace, jobs=[(first.id, first.fence)], request="pause", now=world.now
    )
    await world.store.jobs.note_requests(params)
    change = change_to(first, JobState.QUEUED, world.now, request="pause", error=b"{}", attempts_used=1)
    assert not await world.apply(change)

    (second,) = await world.claim()

    row = await world.job(first.id)
    assert (row.error, row.progress, row.progress_note, row.request) == (None, None, None, None)
    assert (second.run, second.fence, second.attempts_used) == (2, first.fence + 1, 1)


async def test_claims_come_in_the_order_of_the_queue(world: World) -> None:
    jobs = [world.new(queued_at=world.now - age * 1_000_000) for age in (3, 9, 1, 7, 5)]
    await world.insert(*jobs)

    claimed = await world.claim()

    in_order = sorted(jobs, key=lambda job: (job.order_key or 0, job.id))
    assert [job.id for job in claimed] == [job.id for job in in_order]


async def test_the_front_of_the_queue_is_claimed_first(world: World) -> None:
    jobs = [world.new(queued_at=world.now - age) for age in (3, 9, 1, 7, 5)]
    await world.insert(*jobs)

    fronts = [await world.claim(limit=2) for _ in range(3)]

    assert [[job.queued_at for job in front] for front in fronts] == [
        [world.now - 9, world.now - 7],
        [world.now - 5, world.now - 3],
        [world.now - 1],
    ]


async def test_one_step_of_priority_is_worth_one_minute(world: World) -> None:
    old = world.new(queued_at=world.now - MINUTE - 1)
    new = world.new(priority=1)
    newer = world.new(priority=2)
    await world.insert(old, new, newer)

    assert [job.id for job in await world.claim()] == [newer.id, old.id, new.id]


async def test_ties_go_by_id(world: World) -> None:
    jobs = [world.new() for _ in range(20)]
    await world.insert(*reversed(jobs))

    claimed = await world.claim(limit=10)

    assert [job.id for job in claimed] == sorted(job.id for job in jobs)[:10]


async def test_ids_are_ordered_by_bytes(world: World) -> None:
    names = ["b", "B", "a_1", "a-1", "a1", "A.1", "ä", "z", "~"]
    await world.insert(*(world.new(id=name, chosen_id=True) for name in names))

    assert [job.id for job in await world.claim()] == sorted(names, key=str.encode)


async def test_order_holds_across_queues(world: World) -> None:
    jobs = [world.new(queue=f"q{n % 7}", queued_at=world.now - (n * 37) % 101) for n in range(100)]
    await world.insert(*jobs)
    in_order = [job.id for job in sorted(jobs, key=lambda job: (job.order_key or 0, job.id))]

    first, second = await world.claim(limit=30), await world.claim(limit=30)

    assert [job.id for job in first] == in_order[:30]
    assert [job.id for job in second] == in_order[30:60]


async def test_many_queues_are_claimed_from_at_once(world: World) -> None:
    jobs = [world.new(queue=f"q{n:04}") for n in range(300)]
    await world.insert(*jobs)

    assert {job.id for job in await world.claim(limit=300)} == {job.id for job in jobs}


async def test_one_queue_with_the_oldest_work_may_fill_a_claim(world: World) -> None:
    old = [world.new(queue="old", queued_at=world.now - 100 - n) for n in range(20)]
    new = [world.new(queue="new") for _ in range(20)]
    await world.insert(*new, *old)

    claimed = await world.claim(limit=20, queues=("new", "old"))

    assert {job.id for job in claimed} == {job.id for job in old}


async def test_only_the_queues_asked_for_are_claimed(world: World) -> None:
    jobs = {name: world.new(queue=name) for name in ("a", "b", "c")}
    await world.insert(*jobs.values())

    assert {job.queue for job in await world.claim(queues=("a", "c", "unknown"))} == {"a", "c"}
    assert (await world.job(jobs["b"].id)).state is JobState.QUEUED


async def test_no_queue_asked_for_is_nothing_claimed(world: World) -> None:
    await world.insert(world.new())

    assert await world.claim(queues=()) == []


async def test_a_queue_named_twice_gives_each_job_once(world: World) -> None:
    await world.insert(world.new(queue="a"), world.new(queue="a"))

    assert len(await world.claim(queues=("a", "a"))) == 2


@pytest.mark.parametrize("queues", [None, ("open", "shut"), ("shut",)], ids=["any", "both", "one"])
async def test_a_paused_queue_is_left_out(world: World, queues: tuple[str, ...] | None) -> None:
    await world.insert(world.new(queue="open"), world.new(queue="shut"))
    await world.store.queues.set_paused(world.namespace, "shut", paused=True, now=world.now)

    assert {job.queue for job in await world.claim(queues=queues)} == {"open"} & set(queues or ("open",))


async def test_a_paused_queue_blocks_no_work_behind_it(world: World) -> None:
    shut = [world.new(queue="shut", queued_at=world.now - 1_000 - n) for n in range(50)]
    await world.insert(*shut, world.new(queue="open"))
    await world.store.queues.set_paused(world.namespace, "shut", paused=True, now=world.now)

    assert [job.queue for job in await world.claim(limit=1)] == ["open"]


@pytest.mark.parametrize("queues", [None, ("shut",), ("open", "shut")], ids=["any", "one", "both"])
async def test_a_resumed_queue_is_claimed_again(world: World, queues: tuple[str, ...] | None) -> None:
    await world.insert(world.new(queue="shut"))
    await world.store.queues.set_paused(world.namespace, "shut", paused=True, now=world.now)
    await world.store.queues.set_paused(world.namespace, "shut", paused=False, now=world.now)

    assert len(await world.claim(queues=queues)) == 1


async def test_a_claim_is_bounded_by_its_limit(world: World) -> None:
    await world.insert(*(world.new() for _ in range(12)))

    assert [len(await world.claim(limit=5)) for _ in range(4)] == [5, 5, 2, 0]


async def test_a_job_that_has_not_started_by_its_expiry_is_not_claimed(world: World) -> None:
    await world.insert(world.new(expires_at=world.now + 1), world.new(expires_at=world.now + 2))
    world.clock.advance(1)

    assert [job.queued_at + 2 for job in await world.claim()] == [world.now + 1]


async def test_expiry_does_not_concern_a_job_that_has_run(world: World) -> None:
    job = await world.running(expires_at=world.now + 10)
    await world.apply(change_to(job, JobState.QUEUED, world.now))
    world.clock.advance(100)

    assert [again.id for again in await world.claim()] == [job.id]


async def test_a_job_past_its_deadline_is_not_claimed(world: World) -> None:
    past, ahead = world.new(deadline_at=world.now + 1), world.new(deadline_at=world.now + 2)
    await world.insert(past, ahead)
    world.clock.advance(1)

    assert [job.id for job in await world.claim()] == [ahead.id]


async def test_what_may_not_be_claimed_does_not_use_up_the_limit(world: World) -> None:
    stale = [world.new(expires_at=world.now + 1, queued_at=world.now - 9) for _ in range(20)]
    late = [world.new(deadline_at=world.now + 1, queued_at=world.now - 9) for _ in range(20)]
    good = [world.new() for _ in range(5)]
    await world.insert(*stale, *late, *good)
    world.clock.advance(1)

    assert {job.id for job in await world.claim(limit=5)} == {job.id for job in good}


async def test_a_claimed_job_is_not_claimed_again(world: World) -> None:
    await world.running()
    other = await world.session("other")

    assert await world.claim(session=other) == []


@pytest.mark.parametrize("queued", [0, 1], ids=["nothing queued", "a job queued"])
@pytest.mark.parametrize("end", ["unknown", "closed", "lost"])
@pytest.mark.parametrize("queues", [None, ("images",), ("images", "other")], ids=["any", "one", "two"])
async def test_a_session_that_is_not_open_claims_nothing(
    world: World, queues: tuple[str, ...] | None, end: str, queued: int
) -> None:
    job = world.new()
    await world.insert(*[job][:queued])
    session = await world.session() if end != "unknown" else "nobody"
    if end == "closed":
        await world.store.sessions.close(world.namespace, session, world.now)
    if end == "lost":
        assert await world.store.sessions.lose(world.namespace, session, 0, world.now)

    with pytest.raises(LeaseLost):
        await world.claim(session=session, queues=queues)

    assert {found.state for found in await world.store.reads.get(world.namespace, [job.id])} <= {
        JobState.QUEUED
    }


async def test_a_session_of_another_namespace_claims_nothing(world: World) -> None:
    await world.insert(world.new())
    elsewhere = World(world.place, world.store, world.clock, f"{world.namespace}-b")
    foreign = await elsewhere.session()

    with pytest.raises(LeaseLost):
        await world.claim(session=foreign)


async def test_jobs_of_another_namespace_are_not_claimed(world: World) -> None:
    await world.insert(world.new())
    elsewhere = World(world.place, world.store, world.clock, f"{world.namespace}-b")

    assert await elsewhere.claim() == []


async def test_held_names_the_running_jobs_of_the_session(world: World) -> None:
    mine, theirs = await world.session("mine"), await world.session("theirs")
    await world.insert(*(world.new(labels={"n": str(n)}) for n in range(4)))
    claimed = await world.claim(session=mine, limit=3)
    await world.claim(session=theirs)
    assert not await world.apply(change_to(claimed[0], JobState.SUCCEEDED, world.now))

    held = await world.store.jobs.held(world.namespace, mine)

    expected = [job._replace(payload=b"") for job in claimed[1:]]
    assert sorted(held) == sorted(expected)


async def test_held_shows_a_noted_request(world: World) -> None:
    session = await world.session()
    job = await world.running(session=session)
    params = NoteRequests(
        namespace=world.namespace, jobs=[(job.id, job.fence)], request="cancel", now=world.now
    )
    await world.store.jobs.note_requests(params)

    assert [held.request for held in await world.store.jobs.held(world.namespace, session)] == ["cancel"]


async def test_an_old_session_does_not_hold_what_another_claimed_since(world: World) -> None:
    old, new = await world.session("old"), await world.session("new")
    job = await world.running(session=old)
    await world.apply(
        change_to(job, JobState.RETRYING, world.now, run_at=world.now, reason=Reason.WORKER_LOST)
    )
    world.clock.advance(DELAY)
    await world.store.upkeep.stage(world.namespace, world.now, 10)
    await world.claim(session=new)

    assert await world.store.jobs.held(world.namespace, old) == []
    assert [held.id for held in await world.store.jobs.held(world.namespace, new)] == [job.id]


@pytest.mark.parametrize("count", [1, 3], ids=["one queue", "several queues"])
@pytest.mark.parametrize("named", [True, False], ids=["named", "any"])
async def test_what_may_be_claimed_is_found_among_what_may_not(world: World, count: int, named: bool) -> None:
    """Each queue holds jobs of every kind: that have run, or not; expired, or late, or neither."""
    names = tuple(f"q{n}" for n in range(count))
    soon = world.now + 10
    kinds: list[dict[str, int]] = [
        {},
        {"expires_at": soon},
        {"deadline_at": soon},
        {"expires_at": soon + 10, "deadline_at": soon + 10},
    ]
    jobs = [
        world.new(queue=name, queued_at=world.now - 1_000 + age, **kind)
        for name in names
        for age, kind in enumerate([*kinds, *kinds])
    ]
    await world.insert(*jobs)
    first_runs = await world.claim(limit=len(jobs))
    places = {job.id: {"queued_at": job.queued_at, "order_key": job.order_key} for job in jobs}
    released = [change_to(job, JobState.QUEUED, world.now, **places[job.id]) for job in first_runs]
    assert not await world.apply(*released)
    fresh = [job._replace(id=f"{job.id[:-1]}-") for job in jobs]
    await world.insert(*fresh)
    world.clock.advance(10)

    claimed = await world.claim(queues=names if named else None, limit=len(jobs) * 2)

    expected = [job for job in jobs if job.deadline_at != soon]
    expected += [job for job in fresh if soon not in {job.deadline_at, job.expires_at}]
    in_order = sorted(expected, key=lambda job: (job.order_key or 0, job.id))
    assert [job.id for job in claimed] == [job.id for job in in_order]
