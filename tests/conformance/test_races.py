"""Many at once, in one process and in several: nothing is given, made or settled twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import chain

import pytest

from beltline.core.clock import DAY
from beltline.core.outcome import Ending
from beltline.core.states import JobState
from beltline.store.params import Inserted, Insertion, NoteRequests, Progress, ReplayDead
from tests.conformance.builders import change_to, ended
from tests.conformance.racer import Race
from tests.conformance.world import World

JOBS = 150


async def queue_jobs(world: World, count: int = JOBS) -> set[str]:
    jobs = [world.new(queue=f"q{n % 3}", queued_at=world.now - n) for n in range(count)]
    await world.insert(*jobs)
    return {job.id for job in jobs}


# ---- tasks of one process, on one store ----


@pytest.mark.parametrize("queues", [("q0",), ("q0", "q1", "q2"), None], ids=["one", "several", "any"])
async def test_claims_at_once_never_share_a_job(world: World, queues: tuple[str, ...] | None) -> None:
    for _ in range(3):
        await queue_jobs(world)
    sessions = [await world.session(f"w{n}") for n in range(8)]

    rounds = await asyncio.gather(
        *(world.claim(session=sessions[n % 8], queues=queues, limit=10) for n in range(60))
    )

    taken = [job.id for job in chain(*rounds)]
    offered = JOBS if queues == ("q0",) else 3 * JOBS
    assert len(taken) == len(set(taken)) == offered
    assert {job.fence for job in chain(*rounds)} == {1}


async def test_claims_at_once_take_all_that_is_there(world: World) -> None:
    ids = await queue_jobs(world, 40)
    session = await world.session()

    rounds = await asyncio.gather(*(world.claim(session=session, limit=100) for _ in range(4)))
    rest = await world.claim(session=session, limit=100)

    assert sorted(job.id for job in chain(*rounds, rest)) == sorted(ids)


@pytest.mark.parametrize("batch", [1, 3])
async def test_inserts_at_once_with_one_key_make_one_job(world: World, batch: int) -> None:
    rounds = await asyncio.gather(
        *(world.insert(*(world.new(idempotency_key="k") for _ in range(batch))) for _ in range(12))
    )

    answers = list(chain(*rounds))
    assert len({answer.id for answer in answers}) == 1
    assert Counter(answer.outcome for answer in answers) == {
        Insertion.CREATED: 1,
        Insertion.EXISTING: 12 * batch - 1,
    }


async def test_inserts_at_once_with_one_chosen_id_make_one_job(world: World) -> None:
    rounds = await asyncio.gather(*(world.insert(world.new(id="one", chosen_id=True)) for _ in range(12)))

    assert Counter(answer.outcome for answer in chain(*rounds)) == {
        Insertion.CREATED: 1,
        Insertion.EXISTING: 11,
    }


async def test_inserts_at_once_with_keys_in_opposite_orders_all_end(world: World) -> None:
    keys = [f"k{n}" for n in range(20)]
    orders = [keys, keys[::-1]] * 4

    rounds = await asyncio.gather(
        *(world.insert(*(world.new(idempotency_key=key) for key in order)) for order in orders)
    )

    by_key: dict[str, set[str]] = {key: set() for key in keys}
    for order, answers in zip(orders, rounds, strict=True):
        for key, answer in zip(order, answers, strict=True):
            by_key[key].add(answer.id)
    assert {len(ids) for ids in by_key.values()} == {1}
    assert sum(answer.outcome is Insertion.CREATED for answer in chain(*rounds)) == len(keys)


async def test_an_expired_key_is_taken_over_once(world: World) -> None:
    claimed = await world.running(idempotency_key="k")
    await world.apply(change_to(claimed, JobState.SUCCEEDED, world.now))
    world.clock.advance(DAY)

    rounds = await asyncio.gather(*(world.insert(world.new(idempotency_key="k")) for _ in range(10)))

    answers: list[Inserted] = list(chain(*rounds))
    assert len({answer.id for answer in answers} - {claimed.id}) == 1
    assert sum(answer.outcome is Insertion.CREATED for answer in answers) == 1


async def test_of_settlements_at_once_one_counts(world: World) -> None:
    claimed = await world.running()
    ends = [JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED, JobState.TIMED_OUT] * 3

    misses = await asyncio.gather(*(world.apply(change_to(claimed, end, world.now)) for end in ends))

    won = [end for end, missed in zip(ends, misses, strict=True) if not missed]
    assert won == [(await world.job(claimed.id)).state]


async def test_of_settle_and_rescue_at_once_one_counts(world: World) -> None:
    await queue_jobs(world, 60)
    claimed = await world.claim(limit=60)
    verbs = []
    for job in claimed:
        verbs.append(world.apply(change_to(job, JobState.SUCCEEDED, world.now)))
        verbs.append(world.apply(ended(job, Ending.LOST, world.now)))

    misses = await asyncio.gather(*verbs)

    for n, job in enumerate(claimed):
        settled, rescued = not misses[2 * n], not misses[2 * n + 1]
        assert settled != rescued
        assert (await world.job(job.id)).state is (JobState.SUCCEEDED if settled else JobState.RETRYING)


async def test_of_a_cancel_and_a_retry_at_once_neither_is_forgotten(world: World) -> None:
    """Either the cancel is noted and the retry is refused, or the job retries and the note finds it gone."""
    await queue_jobs(world, 40)
    claimed = await world.claim(limit=40)
    verbs = []
    for job in claimed:
        params = NoteRequests(
            namespace=world.namespace, jobs=[(job.id, job.fence)], request="cancel", now=world.now
        )
        verbs.append(world.store.jobs.note_requests(params))
    retries = [world.apply(change_to(job, JobState.RETRYING, world.now)) for job in claimed]

    answers = await asyncio.gather(*chain(*zip(verbs, retries, strict=True)))

    for n, job in enumerate(claimed):
        noted, refused = bool(answers[2 * n]), bool(answers[2 * n + 1])
        row = await world.job(job.id)
        assert noted == refused
        assert (row.state, row.request) == (
            (JobState.RUNNING, "cancel") if noted else (JobState.RETRYING, None)
        )


@pytest.mark.parametrize("end", [JobState.SUCCEEDED, JobState.FAILED, JobState.RETRYING])
async def test_progress_at_once_does_not_stop_a_settlement(world: World, end: JobState) -> None:
    """Progress changes neither fence nor state nor request, so it is no reason for a miss."""
    await queue_jobs(world, 200)
    for _ in range(10):
        claimed = await world.claim(limit=20)
        reports = [Progress(job.id, job.fence, 0.5, "half") for job in claimed]
        verbs = [world.store.jobs.progress(world.namespace, reports) for _ in range(2)]
        settled = world.apply(*(change_to(job, end, world.now) for job in claimed))

        misses, *_ = await asyncio.gather(settled, *verbs)

        assert misses == []


@pytest.mark.parametrize("end", [JobState.SUCCEEDED, JobState.FAILED])
async def test_a_request_at_once_does_not_stop_what_is_final(world: World, end: JobState) -> None:
    await queue_jobs(world, 200)
    for _ in range(10):
        claimed = await world.claim(limit=20)
        pairs = [(job.id, job.fence) for job in claimed]
        params = NoteRequests(namespace=world.namespace, jobs=pairs, request="pause", now=world.now)
        settled = world.apply(*(change_to(job, end, world.now) for job in claimed))

        _, misses = await asyncio.gather(world.store.jobs.note_requests(params), settled)

        assert misses == []


async def test_progress_at_once_does_not_stop_a_request(world: World) -> None:
    await queue_jobs(world, 20)
    claimed = await world.claim(limit=20)
    pairs = [(job.id, job.fence) for job in claimed]
    for request in ("pause", None) * 5 + ("cancel",):
        reports = [Progress(job.id, job.fence, 0.5, "half") for job in claimed]
        params = NoteRequests(namespace=world.namespace, jobs=pairs, request=request, now=world.now)

        _, noted = await asyncio.gather(
            world.store.jobs.progress(world.namespace, reports), world.store.jobs.note_requests(params)
        )

        assert sorted(noted) == sorted(job.id for job in claimed)


async def test_of_replays_at_once_one_counts(world: World) -> None:
    dead = await world.bring(JobState.FAILED)
    params = ReplayDead(namespace=world.namespace, ids=[dead.id], now=world.now)

    answers = await asyncio.gather(*(world.store.jobs.replay(params) for _ in range(6)))

    assert sorted(answers) == [[], [], [], [], [], [dead.id]]
    assert (await world.job(dead.id)).fence == dead.fence + 1


async def test_staging_at_once_moves_each_job_once(world: World) -> None:
    await world.insert(*(world.new(state=JobState.SCHEDULED, run_at=world.now) for _ in range(500)))

    moved = await asyncio.gather(
        *(world.store.upkeep.stage(world.namespace, world.now, 200) for _ in range(8))
    )
    rest = await world.store.upkeep.stage(world.namespace, world.now, 1_000)

    assert sum(moved) + rest == 500
    assert len(await world.claim(limit=1_000)) == 500


async def test_staging_does_not_take_a_job_back_that_was_claimed_meanwhile(world: World) -> None:
    await world.insert(*(world.new(state=JobState.SCHEDULED, run_at=world.now) for _ in range(200)))
    session = await world.session()
    stages = [world.store.upkeep.stage(world.namespace, world.now, 50) for _ in range(8)]
    claims = [world.claim(session=session, limit=30) for _ in range(8)]

    await asyncio.gather(*chain(*zip(stages, claims, strict=True)))
    await world.store.upkeep.stage(world.namespace, world.now, 1_000)
    rest = await world.claim(session=session, limit=1_000)

    held = await world.store.jobs.held(world.namespace, session)
    assert len(held) == 200
    assert {job.fence for job in [*held, *rest]} == {1}


async def test_mixed_batches_at_once_all_end(world: World) -> None:
    """Batches that name the same jobs in opposite orders must not block each other for ever."""
    await queue_jobs(world, 60)
    claimed = await world.claim(limit=60)
    ends = [JobState.SUCCEEDED, JobState.FAILED, JobState.RETRYING]
    batches = []
    for n in range(6):
        jobs = claimed if n % 2 else claimed[::-1]
        batches.append(
            world.apply(*(change_to(job, ends[(m + n) % 3], world.now) for m, job in enumerate(jobs)))
        )

    misses = await asyncio.gather(*batches)

    written = Counter(job.id for job in claimed)
    for missed in misses:
        written.update({job.id: 1 for job in claimed})
        written.subtract(miss.id for miss in missed)
    assert set(written.values()) == {2}


async def test_a_beat_and_a_loss_at_once_agree(world: World) -> None:
    for _ in range(10):
        session = await world.session()
        lost, reply = await asyncio.gather(
            world.store.sessions.lose(world.namespace, session, 0, world.now),
            world.store.sessions.beat(world.namespace, session, world.now),
        )
        assert lost != reply.alive


# ---- several connections ----


async def test_claims_from_several_connections_never_share_a_job(shared_world: World) -> None:
    world = shared_world
    ids = await queue_jobs(world)
    async with world.another() as second, world.another() as third:
        worlds = [world, second, third]
        sessions = [await each.session() for each in worlds]
        rounds = await asyncio.gather(
            *(worlds[n % 3].claim(session=sessions[n % 3], limit=10) for n in range(30))
        )

    assert sorted(job.id for job in chain(*rounds)) == sorted(ids)


async def test_what_one_connection_wrote_another_reads_at_once(shared_world: World) -> None:
    world = shared_world
    async with world.another() as other:
        for _ in range(10):
            job = await world.running()
            assert (await other.job(job.id)).fence == job.fence
            await other.apply(change_to(job, JobState.SUCCEEDED, world.now))
            assert (await world.job(job.id)).state is JobState.SUCCEEDED


async def test_inserts_from_several_connections_with_one_key_make_one_job(shared_world: World) -> None:
    world = shared_world
    async with world.another() as other:
        for n in range(10):
            jobs = [each.new(idempotency_key=f"k{n}") for each in (world, other)]
            answers = await asyncio.gather(world.insert(jobs[0]), other.insert(jobs[1]))
            assert len({answer.id for answer in chain(*answers)}) == 1


# ---- several processes ----


async def test_claims_of_several_processes_never_share_a_job(shared_world: World) -> None:
    world = shared_world
    ids = await queue_jobs(world)
    race = Race(world)
    tasks = [race.task("claim", session=await world.session(f"w{n}")) for n in range(3)]

    answers = await race.run(tasks)

    taken = list(chain(*answers))
    assert sorted(job_id for job_id, _ in taken) == sorted(ids)
    assert {fence for _, fence in taken} == {1}


async def test_work_of_several_processes_ends_each_job_once(shared_world: World) -> None:
    world = shared_world
    ids = await queue_jobs(world)
    race = Race(world)
    tasks = [race.task("work", session=await world.session(f"w{n}")) for n in range(3)]

    answers = await race.run(tasks)

    assert sorted(chain(*answers)) == sorted(ids)
    counts = {each.event: 0 for each in await world.store.upkeep.tallies(world.namespace, 0, 2**62)}
    for each in await world.store.upkeep.tallies(world.namespace, 0, 2**62):
        counts[each.event] += each.jobs
    assert counts == {"submitted": JOBS, "succeeded": JOBS}


async def test_inserts_of_several_processes_make_one_job_for_each_key(shared_world: World) -> None:
    world = shared_world
    keys = [f"k{n}" for n in range(40)]
    race = Race(world)

    answers = await race.run([race.task("insert", keys=keys) for _ in range(3)])

    for n in range(len(keys)):
        outcomes = [answer[n] for answer in answers]
        assert len({job_id for job_id, _ in outcomes}) == 1
        assert sorted(outcome for _, outcome in outcomes) == ["created", "existing", "existing"]


async def test_of_settle_and_rescue_in_two_processes_one_counts(shared_world: World) -> None:
    world = shared_world
    ids = await queue_jobs(world)
    session = await world.session()
    assert len(await world.claim(session=session, limit=JOBS)) == JOBS
    await world.store.sessions.lose(world.namespace, session, 0, world.now)
    race = Race(world)

    settled, first, second = await race.run(
        [race.task(verb, session=session) for verb in ("settle", "rescue", "rescue")]
    )

    assert sorted([*settled, *first, *second]) == sorted(ids)
    for job in await world.store.reads.get(world.namespace, sorted(ids)):
        assert job.state is (JobState.SUCCEEDED if job.id in settled else JobState.RETRYING)
