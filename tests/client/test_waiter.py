"""All who wait for jobs share one query, and none is left waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from beltline.client.waiter import Waiter
from beltline.core.codec import payload_hash
from beltline.core.errors import NotOpen, StoreError, StoreUnavailable
from beltline.core.job import Change, NewJob
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.store.hints import Hint
from beltline.store.params import ApplyChanges, Finished, InsertJobs
from beltline.store.sqlite.store import SqliteStore
from tests.hops import Door, memory_store
from tests.waiting import eventually_async

FIVE_SECONDS = 5_000_000


class DeafWakeups:
    """A store's wake-ups that fail for a while and then never hint."""

    def __init__(self, failures: int) -> None:
        self.failures = failures

    async def subscribe(self, namespace: str, on_hint: Callable[[Hint], None]) -> Callable[[], None]:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("no ear free, says the test")
        return lambda: None


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
async def store(door: Door) -> AsyncIterator[SqliteStore]:
    made = await memory_store(door)
    yield made
    await made.close()


@pytest.fixture
async def waiter(store: SqliteStore) -> AsyncIterator[Waiter]:
    made = Waiter(store, "default")
    yield made
    await made.close()


async def insert(store: SqliteStore, *job_ids: str) -> None:
    now = store.now()
    jobs = [
        NewJob(
            id=job_id,
            definition="add",
            version="1",
            queue="sums",
            state=JobState.QUEUED,
            reason=Reason.SUBMITTED,
            payload=b"{}",
            payload_hash=payload_hash(b"{}"),
            created_at=now,
            queued_at=now,
            run_at=now,
            order_key=now,
        )
        for job_id in job_ids
    ]
    await store.jobs.insert(InsertJobs(namespace="default", jobs=jobs, now=now))


async def finish(store: SqliteStore, *job_ids: str) -> None:
    now = store.now()
    changes = [
        Change(
            id=job_id,
            fence=0,
            definition="echo",
            queue="default",
            from_state=JobState.QUEUED,
            state=JobState.CANCELLED,
            reason=Reason.CANCEL_REQUESTED,
            at=now,
        )
        for job_id in job_ids
    ]
    assert await store.jobs.apply(ApplyChanges(namespace="default", changes=changes, now=now)) == []


def waiting(
    waiter: Waiter, job_id: str, timeout_us: int | None = FIVE_SECONDS
) -> asyncio.Task[Finished | None]:
    return asyncio.create_task(waiter.wait(job_id, timeout_us))


async def turns(number: int = 5) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def test_a_job_that_is_final_is_found_at_once(waiter: Waiter, store: SqliteStore) -> None:
    await insert(store, "a")
    await finish(store, "a")

    found = await waiter.wait("a", FIVE_SECONDS)

    assert found is not None
    assert (found.id, found.state) == ("a", JobState.CANCELLED)


async def test_after_the_time_out_there_is_nothing(waiter: Waiter, store: SqliteStore) -> None:
    await insert(store, "a")

    assert await waiter.wait("a", 1_000) is None


async def test_a_hint_wakes_those_who_wait(waiter: Waiter, store: SqliteStore, door: Door) -> None:
    await insert(store, "a")
    task = waiting(waiter, "a")
    await turns()
    before = door.passed

    await finish(store, "a")
    await turns()

    assert task.done()
    assert door.passed == before + 2


async def test_all_who_wait_share_one_query(waiter: Waiter, store: SqliteStore, door: Door) -> None:
    ids = [f"job-{n}" for n in range(50)]
    await insert(store, *ids)
    tasks = [waiting(waiter, job_id) for job_id in ids for _ in range(2)]
    await turns()
    before = door.passed

    await finish(store, *ids)
    found = await asyncio.gather(*tasks)

    assert [ended.id for ended in found if ended is not None] == [job_id for job_id in ids for _ in range(2)]
    assert door.passed == before + 2


async def test_who_comes_while_others_wait_is_looked_after_at_once(
    waiter: Waiter, store: SqliteStore
) -> None:
    await insert(store, "a", "b")
    await finish(store, "b")
    task = waiting(waiter, "a")
    await turns()

    other = waiting(waiter, "b")
    await turns()

    assert other.done()
    assert not task.done()


async def test_without_hints_it_polls(store: SqliteStore) -> None:
    store.wakeups = DeafWakeups(failures=0)
    waiter = Waiter(store, "default")
    await insert(store, "a")
    task = waiting(waiter, "a")
    await turns()

    await finish(store, "a")

    assert await task is not None
    await waiter.close()


async def test_nobody_waits_for_ever_where_hints_cannot_be_had(store: SqliteStore) -> None:
    store.wakeups = DeafWakeups(failures=2)
    waiter = Waiter(store, "default")
    await insert(store, "a")
    await finish(store, "a")

    assert await waiter.wait("a", FIVE_SECONDS) is not None
    await waiter.close()


@pytest.mark.parametrize("error", [StoreUnavailable("away"), StoreError("odd")], ids=["unavailable", "other"])
async def test_nobody_waits_for_ever_where_the_store_was_away(
    waiter: Waiter, store: SqliteStore, door: Door, error: StoreError
) -> None:
    await insert(store, "a")
    await finish(store, "a")
    door.fail(error)
    task = waiting(waiter, "a")
    await turns()
    assert not task.done()

    door.open()

    assert await task is not None


async def test_an_error_of_another_kind_is_told_to_those_who_wait(
    waiter: Waiter, store: SqliteStore, door: Door
) -> None:
    await insert(store, "a")
    await finish(store, "a")
    door.fail(ZeroDivisionError("a defect"))
    with pytest.raises(ZeroDivisionError):
        await waiter.wait("a", FIVE_SECONDS)

    door.open()

    assert await waiter.wait("a", FIVE_SECONDS) is not None


async def test_who_gives_up_does_not_disturb_the_others(waiter: Waiter, store: SqliteStore) -> None:
    await insert(store, "a")
    tasks = [waiting(waiter, "a") for _ in range(3)]
    await turns()
    tasks[0].cancel()
    await turns()

    await finish(store, "a")

    assert [found is not None for found in await asyncio.gather(*tasks[1:])] == [True, True]


async def test_where_nobody_waits_nothing_is_asked(waiter: Waiter, store: SqliteStore, door: Door) -> None:
    await insert(store, "a")
    assert await waiter.wait("a", 1_000) is None

    async def is_idle() -> bool:
        return waiter._poller is not None and waiter._poller.done()

    await eventually_async(is_idle)
    knocks = door.knocks
    await insert(store, "b")
    await finish(store, "b")
    await turns()

    assert door.knocks == knocks + 2


async def test_after_a_pause_it_waits_again(waiter: Waiter, store: SqliteStore) -> None:
    await insert(store, "a", "b")
    await finish(store, "a")
    assert await waiter.wait("a", FIVE_SECONDS) is not None
    await turns()

    await finish(store, "b")

    assert await waiter.wait("b", FIVE_SECONDS) is not None


async def test_closing_tells_those_who_wait(store: SqliteStore) -> None:
    waiter = Waiter(store, "default")
    await insert(store, "a")
    task = waiting(waiter, "a", None)
    await turns()

    await waiter.close()

    with pytest.raises(NotOpen):
        await task


async def test_closing_an_idle_one_is_fine(store: SqliteStore) -> None:
    await Waiter(store, "default").close()
