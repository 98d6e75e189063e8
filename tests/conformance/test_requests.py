"""`jobs.note_requests`, `jobs.progress`: what is noted on running jobs."""

from __future__ import annotations

import pytest

from beltline.core.job import ClaimedJob
from beltline.core.states import JobState
from beltline.store.params import AuditEntry, NoteRequests, Progress
from tests.conformance.builders import change_to
from tests.conformance.world import World


async def note(world: World, request: str | None, *jobs: ClaimedJob) -> list[str]:
    pairs = [(job.id, job.fence) for job in jobs]
    params = NoteRequests(namespace=world.namespace, jobs=pairs, request=request, now=world.now)
    return await world.store.jobs.note_requests(params)


@pytest.mark.parametrize("request_", ["cancel", "pause"])
async def test_a_request_is_noted_and_nothing_else_changes(world: World, request_: str) -> None:
    claimed = await world.running()
    before = await world.job(claimed.id)

    assert await note(world, request_, claimed) == [claimed.id]

    assert await world.job(claimed.id) == before._replace(request=request_)


async def test_requests_are_noted_in_bulk(world: World) -> None:
    await world.insert(*(world.new() for _ in range(10)))
    claimed = await world.claim()

    assert sorted(await note(world, "cancel", *claimed)) == sorted(job.id for job in claimed)


async def test_a_pause_is_taken_back(world: World) -> None:
    claimed = await world.running()
    await note(world, "pause", claimed)

    assert await note(world, None, claimed) == [claimed.id]

    assert (await world.job(claimed.id)).request is None


async def test_a_cancel_replaces_a_pause(world: World) -> None:
    claimed = await world.running()
    await note(world, "pause", claimed)

    assert await note(world, "cancel", claimed) == [claimed.id]

    assert (await world.job(claimed.id)).request == "cancel"


@pytest.mark.parametrize("later", ["pause", None])
async def test_a_cancel_stands(world: World, later: str | None) -> None:
    claimed = await world.running()
    await note(world, "cancel", claimed)

    await note(world, later, claimed)

    assert (await world.job(claimed.id)).request == "cancel"


async def test_another_fence_gets_no_request(world: World) -> None:
    claimed = await world.running()

    assert await note(world, "cancel", claimed._replace(fence=claimed.fence + 1)) == []

    assert (await world.job(claimed.id)).request is None


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.RUNNING])
@pytest.mark.parametrize("request_", ["cancel", "pause", None])
async def test_a_job_that_does_not_run_gets_no_request(
    world: World, state: JobState, request_: str | None
) -> None:
    job = await world.bring(state)
    params = NoteRequests(
        namespace=world.namespace, jobs=[(job.id, job.fence)], request=request_, now=world.now
    )

    assert await world.store.jobs.note_requests(params) == []

    assert await world.job(job.id) == job


async def test_a_request_and_its_audit_entry_are_one(world: World) -> None:
    claimed = await world.running()
    entry = AuditEntry(actor="ann", action="job.cancel", target=f"job/{claimed.id}")
    params = NoteRequests(
        namespace=world.namespace,
        jobs=[(claimed.id, claimed.fence)],
        request="cancel",
        now=world.now,
        audit=[entry],
    )

    await world.store.jobs.note_requests(params)

    assert [row.action for row in await world.store.audit.page(world.namespace)] == ["job.cancel"]


async def test_a_request_is_heard_with_the_next_beat(world: World) -> None:
    session = await world.session()
    await world.insert(world.new(), world.new(), world.new())
    first, second, _ = await world.claim(session=session)
    await note(world, "cancel", first)
    await note(world, "pause", second)

    reply = await world.store.sessions.beat(world.namespace, session, world.now)

    assert reply.alive
    assert sorted(reply.requests) == sorted(
        [(first.id, first.fence, "cancel"), (second.id, second.fence, "pause")]
    )


async def test_a_beat_hears_no_request_of_another_session(world: World) -> None:
    mine, theirs = await world.session("mine"), await world.session("theirs")
    job = await world.running(session=theirs)
    await note(world, "cancel", job)

    assert (await world.store.sessions.beat(world.namespace, mine, world.now)).requests == []


async def test_progress_is_written_where_the_fence_matches(world: World) -> None:
    await world.insert(world.new(), world.new())
    first, second = await world.claim()

    await world.store.jobs.progress(
        world.namespace,
        [
            Progress(first.id, first.fence, 0.1, "a tenth ✓"),
            Progress(second.id, second.fence + 1, 0.9, "not mine"),
        ],
    )

    rows = [await world.job(job.id) for job in (first, second)]
    assert [(row.progress, row.progress_note) for row in rows] == [(0.1, "a tenth ✓"), (None, None)]


async def test_the_last_progress_of_a_batch_stands(world: World) -> None:
    claimed = await world.running()
    reports = [Progress(claimed.id, claimed.fence, step / 10, f"step {step}") for step in range(1, 4)]

    for report in reports:
        await world.store.jobs.progress(world.namespace, [report])

    assert ((await world.job(claimed.id)).progress, (await world.job(claimed.id)).progress_note) == (
        0.3,
        "step 3",
    )


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.RUNNING])
async def test_progress_of_a_job_that_does_not_run_is_dropped(world: World, state: JobState) -> None:
    job = await world.bring(state)

    await world.store.jobs.progress(world.namespace, [Progress(job.id, job.fence, 0.5, "half")])

    assert await world.job(job.id) == job


async def test_progress_of_an_earlier_run_is_dropped(world: World) -> None:
    first = await world.running()
    await world.apply(change_to(first, JobState.QUEUED, world.now))
    await world.claim()

    await world.store.jobs.progress(world.namespace, [Progress(first.id, first.fence, 0.5, "half")])

    assert (await world.job(first.id)).progress is None
