"""`stacks`: asked for by one process, told by the worker that has the job."""

from __future__ import annotations

from beltline.core.clock import HOUR
from beltline.core.job import ClaimedJob
from beltline.core.states import JobState
from tests.conformance.builders import change_to
from tests.conformance.world import World


async def ask(world: World, job: ClaimedJob) -> None:
    await world.store.stacks.ask(world.namespace, job.id, job.fence, world.now)


async def asked(world: World, job: ClaimedJob) -> list[tuple[str, int]]:
    session = (await world.job(job.id)).session
    return await world.store.stacks.asked(world.namespace, session or "")


async def told(world: World, job: ClaimedJob) -> str | None:
    return await world.store.stacks.read(world.namespace, job.id, job.fence)


async def test_the_session_of_a_job_finds_what_is_asked(world: World) -> None:
    first, second = await world.running(), await world.running()

    await ask(world, first)

    assert await asked(world, first) == [(first.id, first.fence)]
    assert await told(world, first) is None
    assert await told(world, second) is None


async def test_another_session_does_not_hear_of_it(world: World) -> None:
    job = await world.running()
    await ask(world, job)

    assert await world.store.stacks.asked(world.namespace, await world.session("another")) == []


async def test_another_namespace_does_not_hear_of_it(world: World) -> None:
    job = await world.running()
    await ask(world, job)
    session = (await world.job(job.id)).session

    assert await world.store.stacks.asked("elsewhere", session or "") == []


async def test_what_was_told_is_read_and_no_longer_asked(world: World) -> None:
    job = await world.running()
    await ask(world, job)

    await world.store.stacks.tell(world.namespace, job.id, job.fence, 'File "ä.py", line 1\n  \U0001f600')

    assert await told(world, job) == 'File "ä.py", line 1\n  \U0001f600'
    assert await asked(world, job) == []


async def test_asking_again_forgets_what_was_told(world: World) -> None:
    job = await world.running()
    await ask(world, job)
    await world.store.stacks.tell(world.namespace, job.id, job.fence, "old")

    await ask(world, job)

    assert await told(world, job) is None
    assert await asked(world, job) == [(job.id, job.fence)]


async def test_what_nobody_asked_is_dropped(world: World) -> None:
    job = await world.running()

    await world.store.stacks.tell(world.namespace, job.id, job.fence, "unasked")

    assert await told(world, job) is None


async def test_a_later_run_is_not_meant(world: World) -> None:
    job = await world.running()
    await ask(world, job)
    await world.apply(change_to(job, JobState.QUEUED, world.now))
    [again] = await world.claim()

    assert await asked(world, again) == []


async def test_old_requests_are_forgotten(world: World) -> None:
    old, new = await world.running(), await world.running()
    await ask(world, old)
    await world.store.stacks.tell(world.namespace, old.id, old.fence, "old")
    world.clock.jump(HOUR + 1)

    await ask(world, new)

    assert await told(world, old) is None
    assert await asked(world, new) == [(new.id, new.fence)]
