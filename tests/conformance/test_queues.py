"""`queues`: what waits where, and what is paused."""

from __future__ import annotations

from beltline.core.states import JobState
from beltline.store.params import AuditEntry, QueueInfo
from tests.conformance.builders import change_to
from tests.conformance.world import World


async def pause(world: World, queue: str, *, paused: bool = True) -> None:
    await world.store.queues.set_paused(world.namespace, queue, paused=paused, now=world.now)


async def test_queues_are_listed_by_name_with_what_waits(world: World) -> None:
    await world.insert(
        world.new(queue="b", queued_at=world.now - 5),
        world.new(queue="b", queued_at=world.now - 9),
        world.new(queue="a"),
    )
    await world.claim(limit=1, queues=("a",))
    await world.insert(world.new(queue="c", state=JobState.SCHEDULED))
    await pause(world, "d")

    assert await world.store.queues.page(world.namespace) == [
        QueueInfo("a", False, 0, 1, None),
        QueueInfo("b", False, 2, 0, world.now - 9),
        QueueInfo("c", False, 0, 0, None),
        QueueInfo("d", True, 0, 0, None),
    ]


async def test_no_queue_is_listed_where_there_is_none(world: World) -> None:
    assert await world.store.queues.page(world.namespace) == []


async def test_a_queue_is_paused_before_its_first_job(world: World) -> None:
    await pause(world, "later")
    await world.insert(world.new(queue="later"))

    assert await world.claim() == []
    assert await world.store.queues.page(world.namespace) == [QueueInfo("later", True, 1, 0, world.now)]


async def test_a_queue_is_paused_and_resumed_again_and_again(world: World) -> None:
    for paused in (True, True, False, False, True):
        await pause(world, "q", paused=paused)
        assert [queue.paused for queue in await world.store.queues.page(world.namespace)] == [paused]


async def test_running_jobs_of_a_paused_queue_go_on(world: World) -> None:
    job = await world.running(queue="q")
    before = await world.job(job.id)

    await pause(world, "q")

    assert await world.job(job.id) == before
    assert await world.apply(change_to(job, JobState.SUCCEEDED, world.now)) == []


async def test_a_pause_concerns_one_namespace(world: World) -> None:
    elsewhere = World(world.place, world.store, world.clock, f"{world.namespace}-b")
    await pause(world, "q")
    await elsewhere.insert(elsewhere.new(queue="q"))

    assert len(await elsewhere.claim()) == 1


async def test_a_pause_and_its_audit_entry_are_one(world: World) -> None:
    entry = AuditEntry(actor="ann", action="queue.pause", target="queue/q")

    await world.store.queues.set_paused(world.namespace, "q", paused=True, now=world.now, audit=[entry])

    assert [row.target for row in await world.store.audit.page(world.namespace)] == ["queue/q"]
