"""`reads`: what is said about jobs, wherever they lie."""

from __future__ import annotations

import pytest

from beltline.core.job import Attempt, Job
from beltline.core.reasons import Reason
from beltline.core.states import FINAL, JobState
from beltline.store.pages import JobFilter, JobPage, ListJobs
from beltline.store.params import DiscardDead, Finished, StateCount
from tests.conformance.builders import change_to
from tests.conformance.world import World

EVERYTHING = JobFilter()


async def page(
    world: World, where: JobFilter = EVERYTHING, *, before: str | None = None, limit: int = 1_000
) -> JobPage:
    params = ListJobs(namespace=world.namespace, where=where, before=before, limit=limit)
    return await world.store.reads.page(params)


async def one_in_each_state(world: World, **fields: object) -> dict[JobState, Job]:
    states = sorted(JobState, key=lambda state: state is JobState.QUEUED)
    return {state: await world.bring(state, **fields) for state in states}


def ids(found: JobPage) -> list[str]:
    return [job.id for job in found.items]


# ---- get, finished ----


async def test_jobs_are_found_wherever_they_lie_in_the_order_asked(world: World) -> None:
    jobs = list((await one_in_each_state(world)).values())[::-1]

    found = await world.store.reads.get(world.namespace, ["unknown", *(job.id for job in jobs)])

    assert found == jobs


async def test_no_ids_are_no_jobs(world: World) -> None:
    assert await world.store.reads.get(world.namespace, []) == []
    assert await world.store.reads.finished(world.namespace, []) == []


async def test_jobs_of_another_namespace_are_not_found(world: World) -> None:
    jobs = await one_in_each_state(world)
    wanted = [job.id for job in jobs.values()]
    other = f"{world.namespace}-b"

    assert await world.store.reads.get(other, wanted) == []
    assert await world.store.reads.finished(other, wanted) == []
    assert await world.store.reads.page(ListJobs(namespace=other, where=EVERYTHING)) == JobPage([], None, 0)


async def test_finished_tells_how_jobs_ended_and_leaves_out_the_rest(world: World) -> None:
    jobs = await one_in_each_state(world)

    found = await world.store.reads.finished(world.namespace, ["unknown", *(job.id for job in jobs.values())])

    expected = {
        Finished(job.id, job.state, job.reason.value, job.result, job.error)
        for state, job in jobs.items()
        if state in FINAL
    }
    assert set(found) == expected
    assert len(found) == len(FINAL)


# ---- page ----


async def test_a_page_holds_jobs_of_every_state_newest_first(world: World) -> None:
    jobs = await one_in_each_state(world)

    found = await page(world)

    assert found.items == sorted(jobs.values(), key=lambda job: job.id, reverse=True)
    assert (found.next, found.total) == (None, len(jobs))


@pytest.mark.parametrize("state", JobState)
async def test_a_page_can_be_of_one_state(world: World, state: JobState) -> None:
    jobs = await one_in_each_state(world)

    found = await page(world, JobFilter(states=frozenset({state})))

    assert (ids(found), found.total) == ([jobs[state].id], 1)


async def test_a_page_can_be_of_several_states(world: World) -> None:
    jobs = await one_in_each_state(world)
    states = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.QUEUED, JobState.RUNNING})

    assert set(ids(await page(world, JobFilter(states=states)))) == {jobs[state].id for state in states}


async def test_a_page_can_be_of_one_definition_or_queue(world: World) -> None:
    a = world.new(definition="a", queue="x")
    b = world.new(definition="b", queue="x")
    c = world.new(definition="b", queue="y")
    await world.insert(a, b, c)

    assert set(ids(await page(world, JobFilter(definition="b")))) == {b.id, c.id}
    assert set(ids(await page(world, JobFilter(queue="x")))) == {a.id, b.id}
    assert set(ids(await page(world, JobFilter(definition="b", queue="x")))) == {b.id}
    assert (await page(world, JobFilter(definition="none"))) == JobPage([], None, 0)


async def test_a_page_can_be_of_labels_that_all_match(world: World) -> None:
    both = world.new(labels={"kind": "photo", "team": "a"})
    one = world.new(labels={"kind": "photo"})
    other = world.new(labels={"kind": "video", "team": "a"})
    await world.insert(both, one, other, world.new())

    assert set(ids(await page(world, JobFilter(labels={"kind": "photo"})))) == {both.id, one.id}
    assert set(ids(await page(world, JobFilter(labels={"kind": "photo", "team": "a"})))) == {both.id}
    assert (await page(world, JobFilter(labels={"photo": "kind"}))).total == 0


@pytest.mark.parametrize("value", ['"', "'", "\\", "%", "_", "$.a", "ä\U0001f600", "a.b", "[0]", "", "null"])
async def test_labels_of_any_text_are_found_and_no_others(world: World, value: str) -> None:
    job = world.new(labels={"name/a.b": value, value or "empty": "x"})
    await world.insert(job, world.new(labels={"name/a.b": value + "z"}), world.new(labels={"name": value}))

    assert (await world.job(job.id)).labels == job.labels
    assert ids(await page(world, JobFilter(labels={"name/a.b": value}))) == [job.id]
    assert ids(await page(world, JobFilter(labels={value or "empty": "x"}))) == [job.id]


async def test_labels_of_finished_and_dead_jobs_are_found(world: World) -> None:
    jobs = await one_in_each_state(world, labels={"a": "1"})
    await world.insert(world.new(labels={"a": "2"}))

    assert set(ids(await page(world, JobFilter(labels={"a": "1"})))) == {job.id for job in jobs.values()}


async def test_pages_join_without_gap_or_repeat(world: World) -> None:
    jobs = [world.new() for _ in range(23)]
    await world.insert(*jobs)
    seen: list[str] = []
    sizes: list[int] = []
    before = None
    for _ in range(5):
        found = await page(world, before=before, limit=5)
        seen.extend(ids(found))
        sizes.append(len(found.items))
        before = found.next

    assert seen == sorted((job.id for job in jobs), reverse=True)
    assert (sizes, before) == ([5, 5, 5, 5, 3], None)


async def test_a_full_last_page_names_no_next_page_with_jobs(world: World) -> None:
    await world.insert(*(world.new() for _ in range(10)))

    second = await page(world, before=(await page(world, limit=5)).next, limit=5)

    assert len(second.items) == 5
    assert second.next is None or (await page(world, before=second.next)).items == []


async def test_pages_stay_true_while_jobs_come_and_move(world: World) -> None:
    jobs = [world.new() for _ in range(30)]
    await world.insert(*jobs)
    claimed = await world.claim(limit=30)
    seen: list[str] = []
    before = None
    for step in range(6):
        found = await page(world, before=before, limit=5)
        seen.extend(ids(found))
        before = found.next
        world.clock.advance(1_000)
        await world.insert(world.new(state=JobState.WAITING))
        moved = claimed[step * 5 : step * 5 + 5]
        ends = [JobState.SUCCEEDED, JobState.FAILED, JobState.QUEUED, JobState.CANCELLED, JobState.RETRYING]
        assert not await world.apply(
            *(change_to(job, end, world.now) for job, end in zip(moved, ends, strict=True))
        )

    assert seen == sorted((job.id for job in jobs), reverse=True)


async def test_the_total_counts_what_matches_not_what_is_shown(world: World) -> None:
    await world.insert(*(world.new(queue="a") for _ in range(7)), world.new(queue="b"))

    found = await page(world, JobFilter(queue="a"), limit=2)

    assert (len(found.items), found.total) == (2, 7)


async def test_the_total_does_not_shrink_from_page_to_page(world: World) -> None:
    await world.insert(*(world.new() for _ in range(9)))
    first = await page(world, limit=4)

    assert (await page(world, before=first.next, limit=4)).total == first.total == 9


# ---- counts ----


async def test_counts_are_of_unfinished_and_dead_jobs(world: World) -> None:
    await one_in_each_state(world)
    await world.insert(world.new(queue="other"), world.new(queue="other"))

    found = await world.store.reads.counts(world.namespace)

    gone = {JobState.SUCCEEDED, JobState.CANCELLED}
    expected = {StateCount("images", state, 1) for state in JobState if state not in gone}
    assert set(found) == expected | {StateCount("other", JobState.QUEUED, 2)}


async def test_counts_leave_out_discarded_jobs(world: World) -> None:
    job = await world.bring(JobState.FAILED)
    await world.store.jobs.discard(DiscardDead(namespace=world.namespace, ids=[job.id], now=world.now))

    assert await world.store.reads.counts(world.namespace) == []


# ---- attempts ----


async def test_a_job_that_never_ran_has_no_attempts(world: World) -> None:
    job = await world.bring(JobState.QUEUED)

    assert await world.store.reads.attempts(world.namespace, job.id) == []
    assert await world.store.reads.attempts(world.namespace, "unknown") == []


async def test_a_job_that_was_cancelled_before_it_ran_has_no_attempts(world: World) -> None:
    job = await world.bring(JobState.QUEUED)
    assert not await world.apply(change_to(job, JobState.CANCELLED, world.now))

    assert await world.store.reads.attempts(world.namespace, job.id) == []


async def test_the_present_run_is_an_attempt_without_an_end(world: World) -> None:
    session = await world.session()
    job = await world.running(session=session)

    found = await world.store.reads.attempts(world.namespace, job.id)

    assert found == [Attempt(1, session, world.now, None, None, None, job.version)]


@pytest.mark.parametrize("end", sorted(FINAL))
async def test_the_last_run_is_an_attempt_with_its_end(world: World, end: JobState) -> None:
    session = await world.session()
    claimed = await world.running(session=session)
    world.clock.advance(9)
    change = change_to(claimed, end, world.now, error=b'{"type":"E"}')
    assert not await world.apply(change)

    found = await world.store.reads.attempts(world.namespace, claimed.id)

    assert found == [
        Attempt(1, session, world.now - 9, world.now, change.reason, b'{"type":"E"}', claimed.version)
    ]


async def test_every_run_is_an_attempt_whatever_ended_it(world: World) -> None:
    reasons = [
        Reason.BACKOFF,
        Reason.SNOOZED,
        Reason.DRAINED,
        Reason.WORKER_LOST,
        Reason.CHILDREN,
        Reason.TIMEOUT,
    ]
    states = [
        JobState.RETRYING,
        JobState.SCHEDULED,
        JobState.QUEUED,
        JobState.RETRYING,
        JobState.WAITING,
        JobState.RETRYING,
    ]
    job = world.new()
    await world.insert(job)
    expected: list[Attempt] = []
    for run, (state, reason) in enumerate(zip(states, reasons, strict=True), start=1):
        session = await world.session(f"w{run}")
        (claimed,) = await world.claim(session=session)
        started = world.now
        world.clock.advance(10)
        error = b'{"run":%d}' % run
        change = change_to(claimed, state, world.now, reason=reason, error=error)
        assert not await world.apply(change._replace(run_at=world.now))
        expected.append(Attempt(run, session, started, world.now, reason, error, job.version))
        if state is JobState.WAITING:
            ready = change_to(await world.job(job.id), JobState.QUEUED, world.now)
            assert not await world.apply(ready)
        await world.store.upkeep.stage(world.namespace, world.now, 10)

    assert await world.store.reads.attempts(world.namespace, job.id) == expected


async def test_a_cancel_between_two_runs_is_no_attempt(world: World) -> None:
    job = await world.bring(JobState.RETRYING)
    before = await world.store.reads.attempts(world.namespace, job.id)
    world.clock.advance(9)

    assert not await world.apply(change_to(job, JobState.CANCELLED, world.now))

    assert await world.store.reads.attempts(world.namespace, job.id) == before
    assert len(before) == 1


async def test_parking_a_job_that_waits_for_its_next_run_is_no_attempt(world: World) -> None:
    job = await world.bring(JobState.RETRYING)
    before = await world.store.reads.attempts(world.namespace, job.id)

    assert not await world.apply(change_to(job, JobState.PAUSED, world.now))

    assert await world.store.reads.attempts(world.namespace, job.id) == before


# ---- unsettled ----


async def unsettled(world: World, queues: tuple[str, ...] | None = None) -> int:
    return await world.store.reads.unsettled(world.namespace, queues, world.now)


async def test_unsettled_counts_what_runs_and_what_is_due(world: World) -> None:
    for state in (JobState.RUNNING, JobState.SUCCEEDED, JobState.FAILED, JobState.PAUSED, JobState.WAITING):
        await world.bring(state)
    await world.insert(
        world.new(),
        world.new(state=JobState.SCHEDULED, run_at=world.now),
        world.new(state=JobState.SCHEDULED, run_at=world.now + 1),
    )

    assert await unsettled(world) == 3
    world.clock.advance(1)
    assert await unsettled(world) == 4


async def test_unsettled_is_about_the_queues_asked_for(world: World) -> None:
    await world.running(queue="a")
    await world.insert(world.new(queue="a"), world.new(queue="b"))

    assert [await unsettled(world, queues) for queues in (("a",), ("b",), ("a", "b"), ("c",), None)] == [
        2,
        1,
        3,
        0,
        3,
    ]


async def test_unsettled_leaves_out_what_waits_in_a_paused_queue(world: World) -> None:
    await world.running(queue="a")
    await world.insert(world.new(queue="a"), world.new(queue="b"))
    await world.store.queues.set_paused(world.namespace, "a", paused=True, now=world.now)

    assert await unsettled(world) == 2


async def test_unsettled_counts_what_waits_in_a_resumed_queue(world: World) -> None:
    await world.insert(world.new(queue="a"))
    await world.store.queues.set_paused(world.namespace, "a", paused=True, now=world.now)
    await world.store.queues.set_paused(world.namespace, "a", paused=False, now=world.now)

    assert await unsettled(world) == 1


async def test_unsettled_reports_no_more_than_a_thousand(world: World) -> None:
    await world.insert(*(world.new() for _ in range(1_200)))

    assert await unsettled(world) == 1_000
