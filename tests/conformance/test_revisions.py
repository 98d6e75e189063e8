"""`revisions`: a job that does not run is changed, a final one removed, each with its audit entry."""

from __future__ import annotations

from typing import Any

from beltline.core.states import JobState
from beltline.store.pages import JobFilter, ListJobs
from beltline.store.params import AuditEntry
from beltline.store.revisions import RemoveJobs, ReviseJob
from tests.conformance.builders import change_to
from tests.conformance.world import World

ENTRY = AuditEntry(actor="me", action="job.revise", target="job/x")


async def revised(world: World, job_id: str, **fields: object) -> bool:
    job = await world.job(job_id)
    given = {"fence": job.fence, "state": job.state, "audit": (ENTRY,), "now": world.now, **fields}
    return await world.store.revisions.revise(ReviseJob(namespace=world.namespace, id=job_id, **given))  # type: ignore[arg-type]


async def removed(world: World, *ids: str) -> list[str]:
    params = RemoveJobs(namespace=world.namespace, ids=ids, now=world.now, audit=(ENTRY,))
    return await world.store.revisions.remove(params)


async def audited(world: World) -> int:
    return len(await world.store.audit.page(world.namespace))


async def test_the_fields_given_are_written(world: World) -> None:
    new = world.new(labels={"a": "1"}, payload=b'{"old":1}')
    await world.insert(new)
    before = await world.job(new.id)

    assert await revised(world, new.id, priority=7, order_key=3, labels={"b": "2"}, payload=b'{"new":1}')

    after = await world.job(new.id)
    assert after == before._replace(priority=7, order_key=3, labels={"b": "2"}, payload=b'{"new":1}')
    assert await audited(world) == 1


async def test_labels_can_be_taken_away(world: World) -> None:
    new = world.new(labels={"a": "1"})
    await world.insert(new)

    assert await revised(world, new.id, labels={})

    assert not (await world.job(new.id)).labels


async def test_a_job_that_moved_is_left_as_it_is(world: World) -> None:
    running = await world.running()

    assert not await revised(world, running.id, state=JobState.QUEUED, priority=7)
    assert not await revised(world, running.id, fence=running.fence + 1, priority=7)

    assert (await world.job(running.id)).priority == running.priority
    assert await audited(world) == 0


async def test_final_jobs_are_removed_with_all_that_is_theirs(world: World) -> None:
    done, dead, live = await world.running(), await world.running(), await world.running()
    await world.apply(change_to(done, JobState.SUCCEEDED, world.now))
    await world.apply(change_to(dead, JobState.FAILED, world.now))

    assert sorted(await removed(world, done.id, dead.id, live.id, "nothing")) == sorted([done.id, dead.id])

    assert await world.store.reads.known(world.namespace, [done.id, dead.id, live.id]) == {live.id}
    assert await audited(world) == 1


async def test_a_removed_job_frees_its_idempotency_key(world: World) -> None:
    job = await world.running(idempotency_key="k")
    await world.apply(change_to(job, JobState.SUCCEEDED, world.now))
    await removed(world, job.id)

    [answer] = await world.insert(world.new(idempotency_key="k"))

    assert answer.outcome == "created"


async def test_another_namespace_removes_nothing(world: World) -> None:
    job = await world.running()
    await world.apply(change_to(job, JobState.SUCCEEDED, world.now))
    params = RemoveJobs(namespace="elsewhere", ids=[job.id], now=world.now)

    assert await world.store.revisions.remove(params) == []


async def test_jobs_are_found_by_owner_time_and_error(world: World) -> None:
    failed = await world.running()
    error = b'{"type":"E","fingerprint":"abc123"}'
    await world.apply(change_to(failed, JobState.FAILED, world.now, error=error))
    world.clock.jump(1_000)
    old = world.new(owner="media")
    await world.insert(old)
    world.clock.jump(1_000)
    await world.insert(world.new(owner="shop"))

    async def found(**fields: Any) -> list[str]:
        params = ListJobs(namespace=world.namespace, where=JobFilter(**fields))
        return [job.id for job in (await world.store.reads.page(params)).items]

    assert await found(owner="media") == [old.id]
    assert await found(fingerprint="abc123") == [failed.id]
    assert await found(since=old.created_at, until=old.created_at + 1) == [old.id]
    assert await found(until=old.created_at) == [failed.id]
    assert await found(owner="media", since=old.created_at + 1) == []
