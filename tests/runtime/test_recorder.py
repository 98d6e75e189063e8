"""The recorder: what is asked together goes together, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable
from typing import Any

import pytest

from beltline.core.errors import LeaseLost, StoreUnavailable
from beltline.core.job import ClaimedJob
from beltline.core.outcome import Suspended
from beltline.core.reasons import Reason
from beltline.definitions.context import answer
from beltline.definitions.definition import define
from beltline.engine.rescue import give_back
from beltline.engine.settle import claim
from beltline.runtime.memory import RunMemory
from beltline.runtime.recorder import Load, Recorder
from beltline.runtime.run import Run
from beltline.store.params import NewSession
from tests.hops import Door
from tests.runtime.stage import Told
from tests.runtime.works import Works


async def claimed(works: Works, number: int) -> list[ClaimedJob]:
    store = works.store
    session = NewSession(
        namespace="default",
        id="hand",
        name="hand",
        host="here",
        pid=1,
        lease_us=10_000_000,
        queues=None,
        concurrency=number,
        now=store.now(),
    )
    await store.sessions.open(session)
    await works.belt.job(name="remembers")(lambda: None).submit_many({} for _ in range(number))
    return await claim(store, "default", "hand", queues=None, limit=number)


@pytest.fixture
async def recorder(works: Works) -> Recorder:
    return Recorder(works.store, "default", random=random.Random(1), most_tries=2)


def memory_of(recorder: Recorder, job: ClaimedJob) -> RunMemory:
    definition = define(lambda: None, name="remembers")
    run = Run(job, definition, Told(), lambda run: RunMemory(run, recorder))
    memory = run.memory
    assert isinstance(memory, RunMemory)
    return memory


async def test_records_that_arrive_together_go_together(works: Works, recorder: Recorder, door: Door) -> None:
    jobs = await claimed(works, 50)
    before = door.passed

    futures = [memory_of(recorder, job).record("pay", "1") for job in jobs]
    await asyncio.gather(*map(answer, futures))

    assert door.passed - before == 1
    assert len(await works.store.steps.load("default", [job.id for job in jobs])) == 50


async def test_what_arrives_meanwhile_goes_with_the_next_batch(
    works: Works, recorder: Recorder, door: Door
) -> None:
    first, *others = [memory_of(recorder, job) for job in await claimed(works, 20)]
    door.shut()
    begun = first.record("pay", "1")
    await asyncio.sleep(0)
    later = [memory.record("pay", "1") for memory in others]
    before = door.passed
    door.open()

    await asyncio.gather(answer(begun), *map(answer, later))

    assert door.passed - before == 2


async def test_a_thread_may_ask(works: Works, recorder: Recorder) -> None:
    [job] = await claimed(works, 1)
    memory = memory_of(recorder, job)

    await asyncio.to_thread(lambda: memory.record("pay", "1").result(30))

    [row] = await works.store.steps.load("default", [job.id])
    assert (row.name, row.value) == ("pay", b"1")


async def test_a_question_that_nobody_waits_for_is_put_all_the_same(works: Works, recorder: Recorder) -> None:
    first, second = await claimed(works, 2)
    waiting = asyncio.create_task(_wait(lambda: memory_of(recorder, first).record("pay", "1")))
    await asyncio.sleep(0)
    waiting.cancel()

    await answer(memory_of(recorder, second).record("pay", "1"))

    assert len(await works.store.steps.load("default", [first.id, second.id])) == 2


async def _wait(ask: Callable[[], Any]) -> None:
    await answer(ask())


async def test_a_store_that_stays_away_is_told_to_who_waits(
    works: Works, recorder: Recorder, door: Door
) -> None:
    [job] = await claimed(works, 1)
    door.fail()

    with pytest.raises(StoreUnavailable):
        await answer(memory_of(recorder, job).record("pay", "1"))


async def test_an_error_of_the_code_is_told_to_who_waits(
    works: Works, recorder: Recorder, door: Door
) -> None:
    [job] = await claimed(works, 1)
    door.fail(ZeroDivisionError("a fault of ours"))

    with pytest.raises(ZeroDivisionError):
        await answer(memory_of(recorder, job).record("pay", "1"))


async def test_a_record_of_an_earlier_run_ends_this_one(works: Works, recorder: Recorder) -> None:
    [job] = await claimed(works, 1)
    await answer(memory_of(recorder, job).record("pay", "1"))
    await give_back(works.store, "default", [job], Reason.DRAINED, random=random.Random(1))
    [again] = await claim(works.store, "default", "hand", queues=None, limit=1)

    with pytest.raises(Suspended):
        await answer(memory_of(recorder, again).record("pay", "2"))


async def test_a_lost_run_learns_it_from_every_verb(works: Works, recorder: Recorder) -> None:
    [job] = await claimed(works, 1)
    stale = memory_of(recorder, job._replace(fence=job.fence - 1))

    with pytest.raises(LeaseLost):
        await answer(stale.record("pay", "1"))
    with pytest.raises(LeaseLost):
        await answer(stale.save("rows", "1"))
    with pytest.raises(LeaseLost):
        await answer(stale.enter("key", None))


async def test_after_the_close_nothing_is_asked(works: Works, recorder: Recorder, door: Door) -> None:
    [job] = await claimed(works, 1)
    pending = memory_of(recorder, job).record("pay", "1")
    await recorder.close()
    before = door.knocks

    refused = memory_of(recorder, job).record("ship", "1")

    assert pending.result(0) is None
    with pytest.raises(StoreUnavailable):
        refused.result(0)
    assert door.knocks == before


async def test_questions_of_all_kinds_are_answered_side_by_side(works: Works, recorder: Recorder) -> None:
    [job] = await claimed(works, 1)
    memory = memory_of(recorder, job)
    main = threading.get_ident()
    answered: list[int] = []

    def told(_: object) -> None:
        answered.append(threading.get_ident())

    await asyncio.gather(
        answer(memory.record("pay", "1")),
        answer(memory.save("rows", "7")),
        answer(memory.enter("key", None)),
        answer(recorder.ask(Load(job.id), told)),
    )

    assert answered == [main]


async def test_who_waits_in_a_thread_is_told_where_the_loop_ends(
    works: Works, recorder: Recorder, door: Door
) -> None:
    [job] = await claimed(works, 1)
    door.shut()
    pending = memory_of(recorder, job).record("pay", "1")
    await asyncio.sleep(0)
    assert recorder._flushing is not None

    recorder._flushing.cancel()
    await asyncio.wait([recorder._flushing])

    with pytest.raises(StoreUnavailable):
        pending.result(0)
