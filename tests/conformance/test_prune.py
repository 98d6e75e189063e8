"""`upkeep.prune`: what retention says goes, with all that hangs on it, and nothing else."""

from __future__ import annotations

from collections import Counter

import pytest

from beltline.core.clock import DAY, MINUTE
from beltline.core.job import Job
from beltline.core.states import DEAD, JobState
from beltline.store.log_lines import NewLogLine
from beltline.store.params import Inserted, Insertion, ReplayDead, Retention
from beltline.store.steps import NewPosition, NewStep
from tests.conformance.builders import artifact_of, change_to
from tests.conformance.remembering import record, save
from tests.conformance.world import World

KINDS = {"history", "dead", "sessions", "tallies", "idempotency", "ledger", "fires", "backfills"}


async def prune(world: World, *, limit: int = 1_000, **before: int) -> Counter[str]:
    """Prune until nothing goes any more, as upkeep does; return the sums."""
    total: Counter[str] = Counter()
    limits = dict.fromkeys(("history_before", "dead_before", "sessions_before", "tallies_before"), 0)
    params = Retention(namespace=world.namespace, now=world.now, limit=limit, **{**limits, **before})
    while any((gone := await world.store.upkeep.prune(params)).values()):
        total.update(gone)
    assert set(gone) == KINDS
    return total


def midnight(now: int) -> int:
    return now - now % DAY


async def finish(world: World, state: JobState) -> Job:
    """End a job that leaves attempts, an artifact, a log line, a step and a position behind."""
    retrying = await world.bring(JobState.RETRYING)
    ready = change_to(retrying, JobState.QUEUED, world.now)
    assert not await world.apply(ready)
    (claimed,) = await world.claim()
    await world.store.logs.append(world.namespace, [NewLogLine(claimed.id, 2, world.now, "info", "here", "")])
    await record(world, NewStep(claimed.id, claimed.fence, "pay", b"1"))
    await save(world, NewPosition(claimed.id, claimed.fence, "rows", b"7"))
    await world.store.artifacts.add(world.namespace, artifact_of(claimed.id, world.now))
    assert not await world.apply(change_to(claimed, state, world.now))
    return await world.job(claimed.id)


async def is_gone(world: World, job_id: str) -> bool:
    """Say that nothing at all is left of a job, or all; anything between fails."""
    found = [
        bool(await world.store.reads.get(world.namespace, [job_id])),
        bool(await world.store.reads.attempts(world.namespace, job_id)),
        bool(await world.store.logs.read(world.namespace, job_id)),
        len(await world.store.steps.load(world.namespace, [job_id])) == 2,
        bool(await world.store.artifacts.page(world.namespace, job_id)),
    ]
    assert len(set(found)) == 1, found
    return not found[0]


@pytest.mark.parametrize("prepared", [True, False], ids=["upkeep ran before", "upkeep never ran"])
@pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.CANCELLED])
async def test_history_goes_with_all_that_hangs_on_it(
    fresh_world: World, state: JobState, prepared: bool
) -> None:
    world = fresh_world
    if prepared:
        await prune(world)
    old = await finish(world, state)
    world.clock.advance(3 * DAY)
    young = await finish(world, state)

    gone = await prune(world, history_before=midnight(world.now) - DAY)

    assert gone["history"] == 1
    assert await is_gone(world, old.id)
    assert not await is_gone(world, young.id)


async def test_history_of_the_day_before_last_goes_and_that_of_today_stays(fresh_world: World) -> None:
    world = fresh_world
    jobs = []
    for _ in range(5):
        await prune(world)
        jobs.append(await finish(world, JobState.SUCCEEDED))
        world.clock.advance(DAY)

    await prune(world, history_before=midnight(jobs[3].finished_at or 0))

    assert [await is_gone(world, job.id) for job in jobs] == [True, True, True, False, False]


async def test_jobs_end_on_days_that_nobody_prepared(fresh_world: World) -> None:
    world = fresh_world
    jobs = []
    for _ in range(4):
        jobs.append(await finish(world, JobState.SUCCEEDED))
        world.clock.advance(40 * DAY)

    assert not any([await is_gone(world, job.id) for job in jobs])
    await prune(world, history_before=midnight(world.now) - 50 * DAY)
    assert [await is_gone(world, job.id) for job in jobs] == [True, True, True, False]


@pytest.mark.parametrize("state", sorted(DEAD))
async def test_dead_letters_go_with_all_that_hangs_on_them(fresh_world: World, state: JobState) -> None:
    world = fresh_world
    old = await finish(world, state)
    world.clock.advance(10)
    young = await finish(world, state)

    gone = await prune(world, dead_before=world.now)

    assert gone["dead"] == 1
    assert await is_gone(world, old.id)
    assert not await is_gone(world, young.id)


async def test_unfinished_jobs_never_go(fresh_world: World) -> None:
    world = fresh_world
    live = [state for state in JobState if state not in {JobState.SUCCEEDED, JobState.CANCELLED, *DEAD}]
    jobs = [await world.bring(state) for state in sorted(live, key=lambda state: state is JobState.QUEUED)]
    world.clock.advance(1_000 * DAY)

    await prune(world, history_before=world.now, dead_before=world.now, sessions_before=world.now)

    assert [await world.job(job.id) for job in jobs] == jobs


async def test_ended_sessions_go_and_open_ones_stay(fresh_world: World) -> None:
    world = fresh_world
    closed, lost, alive = [await world.session(name) for name in ("closed", "lost", "open")]
    await world.store.sessions.close(world.namespace, closed, world.now)
    await world.store.sessions.lose(world.namespace, lost, 0, world.now)
    world.clock.advance(DAY)

    gone = await prune(world, sessions_before=world.now)

    assert gone["sessions"] == 2
    assert [session.id for session in await world.store.sessions.page(world.namespace, ended=True)] == [alive]


@pytest.mark.parametrize("end", ["closed", "lost"])
async def test_an_ended_session_stays_while_it_holds_jobs(fresh_world: World, end: str) -> None:
    world = fresh_world
    session = await world.session()
    await world.running(session=session)
    if end == "closed":
        await world.store.sessions.close(world.namespace, session, world.now)
    else:
        await world.store.sessions.lose(world.namespace, session, 0, world.now)
    world.clock.advance(DAY)

    await prune(world, sessions_before=world.now)

    assert [found.id for found in await world.store.sessions.page(world.namespace)] == [session]


async def test_a_session_that_ended_lately_stays(fresh_world: World) -> None:
    world = fresh_world
    session = await world.session()
    world.clock.advance(DAY)
    await world.store.sessions.close(world.namespace, session, world.now)

    await prune(world, sessions_before=world.now)

    assert len(await world.store.sessions.page(world.namespace, ended=True)) == 1


async def test_folded_tallies_go(fresh_world: World) -> None:
    world = fresh_world
    for _ in range(3):
        await world.insert(world.new())
        world.clock.advance(MINUTE)
    await world.store.upkeep.fold(world.namespace, 100)
    edge = world.now - world.now % MINUTE - MINUTE

    gone = await prune(world, tallies_before=edge)

    found = await world.store.upkeep.tallies(world.namespace, 0, 2**62)
    assert gone["tallies"] == 2
    assert [tally.minute for tally in found] == [edge]


async def test_expired_keys_go_and_others_stay(fresh_world: World) -> None:
    world = fresh_world
    done = await world.running(idempotency_key="done")
    await world.apply(change_to(done, JobState.SUCCEEDED, world.now))
    await world.insert(world.new(idempotency_key="live"))
    world.clock.advance(DAY - 1)
    assert (await prune(world))["idempotency"] == 0
    world.clock.advance(1)

    assert (await prune(world))["idempotency"] == 1

    answers = await world.insert(world.new(idempotency_key="done"), world.new(idempotency_key="live"))
    assert [answer.outcome for answer in answers] == [Insertion.CREATED, Insertion.EXISTING]


async def test_pruning_is_bounded(fresh_world: World) -> None:
    world = fresh_world
    for _ in range(5):
        await world.bring(JobState.FAILED)
        world.clock.advance(1)
    params = Retention(
        namespace=world.namespace,
        history_before=0,
        dead_before=world.now,
        sessions_before=0,
        tallies_before=0,
        now=world.now,
        limit=2,
    )

    rounds = [(await world.store.upkeep.prune(params))["dead"] for _ in range(4)]

    assert rounds == [2, 2, 1, 0]


async def test_a_pruned_id_may_be_chosen_again(fresh_world: World) -> None:
    world = fresh_world
    await world.bring(JobState.FAILED, id="invoice-17", chosen_id=True)
    world.clock.advance(1)
    await prune(world, dead_before=world.now)

    (answer,) = await world.insert(world.new(id="invoice-17", chosen_id=True, payload=b"{}"))

    assert answer.outcome is Insertion.CREATED
    assert await world.store.reads.attempts(world.namespace, "invoice-17") == []


async def test_a_key_that_was_taken_over_and_is_gone_does_not_come_back(fresh_world: World) -> None:
    world = fresh_world
    old = await world.bring(JobState.FAILED, idempotency_key="k")
    world.clock.advance(DAY)
    taker = await world.running(idempotency_key="k")
    await world.store.jobs.replay(ReplayDead(namespace=world.namespace, ids=[old.id], now=world.now))
    (again,) = await world.claim()
    await world.apply(change_to(taker, JobState.SUCCEEDED, world.now))
    world.clock.advance(DAY)
    await prune(world)

    await world.apply(change_to(again, JobState.SUCCEEDED, world.now))

    new = world.new(idempotency_key="k", payload=b"{}")
    assert await world.insert(new) == [Inserted(new.id, Insertion.CREATED)]
