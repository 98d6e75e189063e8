"""Who asks for the stack of a running job gets it, wherever the body runs."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import AsyncIterator

import pytest

from beltline.config import WorkerConfig
from beltline.core.clock import MICROS
from beltline.core.decide import Policy
from beltline.core.errors import InvalidTransition, NotFound, ResultTimeout
from beltline.core.job import ClaimedJob
from beltline.core.outcome import succeeded
from beltline.definitions.context import Context
from beltline.engine.settle import Settlement, claim, settle
from beltline.engine.stacks import stack_of
from beltline.runtime.lease import Lease
from beltline.store.open import store_from_url
from tests.executors import app
from tests.executors.house import House
from tests.hops import Door, memory_store
from tests.runtime.bodies import Bodies
from tests.runtime.works import Works
from tests.waiting import eventually_async

PATIENCE_US = 20 * MICROS


async def stack(works: Works, job_id: str) -> str:
    return await stack_of(works.store, works.namespace, job_id, timeout_us=PATIENCE_US)


async def begun(works: Works, job_id: str) -> None:
    async def told() -> bool:
        return bool(await works.store.logs.read(works.namespace, job_id))

    await eventually_async(told, what=f"a log line of {job_id}")


async def test_a_body_on_the_loop_shows_all_that_it_awaits(works: Works) -> None:
    gate = asyncio.Event()

    async def inner_wait() -> None:
        await gate.wait()

    @works.belt.job
    async def outer(ctx: Context) -> None:
        ctx.log.info("begun")
        await inner_wait()

    async with works.working():
        job = await outer.submit()
        await begun(works, job.id)
        found = await stack(works, job.id)
        gate.set()

    assert found.index("in outer") < found.index("in inner_wait") < found.index("gate.wait()")
    assert "runner.py" not in found


async def test_a_body_in_a_thread_shows_its_own_stack(works: Works, bodies: Bodies) -> None:
    async with works.working():
        job = await bodies.sleeps_for_ever.submit()
        await bodies.began()
        found = await stack(works, job.id)
        bodies.thread_gate.set()

    assert found.startswith(f'  File "{bodies.sleeps_for_ever.definition.place.rpartition(":")[0]}"')
    assert "in sleeps_for_ever" in found


async def test_a_job_that_does_not_run_has_no_stack(works: Works, bodies: Bodies) -> None:
    job = await bodies.adds.submit(1, 2)

    with pytest.raises(InvalidTransition, match="is queued"):
        await stack(works, job.id)


async def test_an_unknown_job_has_no_stack(works: Works) -> None:
    with pytest.raises(NotFound):
        await stack(works, "nothing")


async def held(works: Works, bodies: Bodies) -> ClaimedJob:
    """Return a job that a session holds whose worker answers nothing."""
    lease = Lease(works.store, works.namespace, WorkerConfig(), random=random.Random(1))
    await lease.open()
    await bodies.adds.submit(1, 2)
    [job] = await claim(works.store, works.namespace, lease.session, queues=None, limit=1)
    return job


async def test_a_job_that_ends_before_the_answer_says_so(works: Works, bodies: Bodies) -> None:
    job = await held(works, bodies)
    asking = asyncio.create_task(stack(works, job.id))

    async def asked() -> bool:
        session = (await works.job(job.id)).session
        return bool(await works.store.stacks.asked(works.namespace, session or ""))

    await eventually_async(asked, what="a request for a stack")
    ended = Settlement(job, succeeded(b"3"), Policy())
    await settle(works.store, works.namespace, [ended], random=random.Random(1))

    with pytest.raises(InvalidTransition, match="is succeeded"):
        await asking


async def test_a_worker_that_does_not_answer_is_not_waited_for_for_ever(works: Works, bodies: Bodies) -> None:
    job = await held(works, bodies)

    with pytest.raises(ResultTimeout, match=r"told no stack within 0\.05 s"):
        await stack_of(works.store, works.namespace, job.id, timeout_us=50_000)


@pytest.fixture
async def processes(door: Door) -> AsyncIterator[Works]:
    store = await memory_store(door)
    async with House() as house, app.belt.on(store, "default"):
        yield Works(store, belt=app.belt, processes=house.executor)
    await store.close()


async def test_a_body_in_a_process_shows_its_own_stack(processes: Works) -> None:
    async with processes.working(drain_us=0):
        job = await app.ignores.submit()
        await begun(processes, job.id)
        found = await stack(processes, job.id)

    assert found.startswith(f'  File "{app.__file__}"')
    assert "in ignores" in found


async def test_a_process_that_cannot_answer_is_told(processes: Works) -> None:
    async with processes.working(drain_us=0):
        job = await app.holds_the_lock.submit()
        await begun(processes, job.id)

        assert "does not answer" in await stack(processes, job.id)


async def test_a_body_that_blocks_the_loop_is_shown_by_the_heart(postgres_schema_url: str) -> None:
    store = store_from_url(postgres_schema_url)
    await store.open()
    works = Works(store, open_heart_store=lambda: store_from_url(postgres_schema_url))
    begun_at, let_go = threading.Event(), threading.Event()

    @works.belt.job
    async def blocks() -> None:
        begun_at.set()
        let_go.wait(60)

    found: list[str] = []

    def ask(job_id: str) -> None:
        async def from_elsewhere() -> None:
            mine = store_from_url(postgres_schema_url)
            await mine.open()
            found.append(await stack_of(mine, "default", job_id, timeout_us=PATIENCE_US))
            await mine.close()

        begun_at.wait(30)
        try:
            asyncio.run(from_elsewhere())
        finally:
            let_go.set()

    async with works.belt.on(store, "default"), works.working():
        job = await blocks.submit()
        asking = threading.Thread(target=ask, args=(job.id,))
        asking.start()
        await works.in_state(job.id)
        await asyncio.to_thread(asking.join)
    await store.close()

    assert "in blocks" in found[0]
