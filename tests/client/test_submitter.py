"""Submits that arrive together share a statement; one that is alone does not wait."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from beltline.client.submitter import LARGEST_BATCH, Submitter
from beltline.core.errors import StoreUnavailable
from beltline.core.job import NewJob
from beltline.engine.submit import DEFAULTS, JobOptions, new_job
from beltline.engine.template import Template
from beltline.store.pages import JobFilter, ListJobs
from beltline.store.params import Inserted, Insertion
from beltline.store.sqlite.store import SqliteStore
from tests.clocks import NOON
from tests.hops import Door, memory_store

TEMPLATE = Template(name="add", version="1", queue="sums")
CHANCE = random.Random(1)


def made(**options: object) -> NewJob:
    chosen = JobOptions(**options) if options else DEFAULTS  # type: ignore[arg-type]
    return new_job(TEMPLATE, b"{}", chosen, now=NOON, random=CHANCE)


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
async def store(door: Door) -> AsyncIterator[SqliteStore]:
    made = await memory_store(door)
    door.passed = door.knocks = 0
    yield made
    await made.close()


@pytest.fixture
def submitter(store: SqliteStore) -> Submitter:
    return Submitter(store, "default")


async def stored(store: SqliteStore) -> int:
    return (await store.reads.page(ListJobs(namespace="default", where=JobFilter()))).total


async def turns(number: int = 3) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def test_a_lone_submit_goes_at_once(submitter: Submitter, door: Door) -> None:
    door.shut()
    submit = asyncio.create_task(submitter.submit(made()))

    await turns()

    assert door.knocks == 1
    door.open()
    assert (await submit).outcome is Insertion.CREATED


async def test_submits_of_one_turn_share_a_statement(submitter: Submitter, door: Door) -> None:
    jobs = [made() for _ in range(100)]

    answers = await asyncio.gather(*(submitter.submit(job) for job in jobs))

    assert [answer.id for answer in answers] == [job.id for job in jobs]
    assert door.passed == 1


async def test_while_one_batch_is_on_its_way_the_next_gathers(submitter: Submitter, door: Door) -> None:
    door.shut()
    first = asyncio.create_task(submitter.submit(made()))
    await turns()
    others = [asyncio.create_task(submitter.submit(made())) for _ in range(10)]
    await turns()
    assert door.knocks == 1

    door.open()
    await asyncio.gather(first, *others)

    assert door.passed == 2


async def test_a_crowd_goes_in_batches_of_bounded_size(submitter: Submitter, door: Door) -> None:
    await asyncio.gather(*(submitter.submit(made()) for _ in range(2 * LARGEST_BATCH + 1)))

    assert door.passed == 3


async def test_of_a_batch_a_conflict_concerns_its_own_caller_only(submitter: Submitter) -> None:
    first = await submitter.submit(made(id="a"))
    other = new_job(TEMPLATE, b"[2]", JobOptions(id="a"), now=NOON, random=CHANCE)

    answers = await asyncio.gather(submitter.submit(other), submitter.submit(made(id="b")))

    assert first.outcome is Insertion.CREATED
    assert [answer.outcome for answer in answers] == [Insertion.ID_REUSED, Insertion.CREATED]


async def test_of_a_batch_what_cannot_be_written_concerns_its_own_caller_only(
    submitter: Submitter, store: SqliteStore
) -> None:
    broken = made()._replace(payload_hash="not bytes")  # type: ignore[arg-type]
    broken = broken._replace(labels={"a": object()})  # type: ignore[dict-item]

    answers = await asyncio.gather(
        submitter.submit(made()), submitter.submit(broken), submitter.submit(made()), return_exceptions=True
    )

    assert [isinstance(answer, Exception) for answer in answers] == [False, True, False]
    assert await stored(store) == 2


async def test_where_the_store_is_away_every_caller_hears_it(submitter: Submitter, door: Door) -> None:
    door.fail()

    answers = await asyncio.gather(*(submitter.submit(made()) for _ in range(3)), return_exceptions=True)

    assert [type(answer) for answer in answers] == [StoreUnavailable] * 3


async def test_after_a_failure_it_goes_on(submitter: Submitter, door: Door) -> None:
    door.fail()
    with pytest.raises(StoreUnavailable):
        await submitter.submit(made())

    door.open()

    assert (await submitter.submit(made())).outcome is Insertion.CREATED


async def test_a_caller_that_gave_up_does_not_disturb_the_others(submitter: Submitter, door: Door) -> None:
    door.shut()
    callers = [asyncio.create_task(submitter.submit(made())) for _ in range(3)]
    await turns()
    callers[1].cancel()
    await turns()

    door.open()
    answers = await asyncio.gather(*callers, return_exceptions=True)

    assert isinstance(answers[1], asyncio.CancelledError)
    assert [
        answer.outcome for answer in (answers[0], answers[2]) if not isinstance(answer, BaseException)
    ] == [Insertion.CREATED] * 2


async def test_where_the_writing_is_cancelled_no_caller_waits_for_ever(
    submitter: Submitter, door: Door
) -> None:
    door.shut()
    first = asyncio.create_task(submitter.submit(made()))
    await turns()
    second = asyncio.create_task(submitter.submit(made()))
    await turns()

    assert submitter._flushing is not None
    submitter._flushing.cancel()

    answers = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(answer) for answer in answers] == [asyncio.CancelledError] * 2
    door.open()
    assert (await submitter.submit(made())).outcome is Insertion.CREATED


async def test_closing_waits_for_what_is_on_its_way(
    submitter: Submitter, door: Door, store: SqliteStore
) -> None:
    door.shut()
    submits = [asyncio.create_task(submitter.submit(made())) for _ in range(3)]
    await turns()
    closing = asyncio.create_task(submitter.close())
    await turns()
    assert not closing.done()

    door.open()
    await closing

    assert await stored(store) == 3
    assert [answer.outcome for answer in await asyncio.gather(*submits)] == [Insertion.CREATED] * 3


async def test_closing_an_idle_one_is_at_once(submitter: Submitter) -> None:
    await submitter.close()


async def test_many_are_stored_in_one_transaction_or_not_at_all(
    submitter: Submitter, store: SqliteStore
) -> None:
    await submitter.submit(made(id="a"))
    other = new_job(TEMPLATE, b"[2]", JobOptions(id="a"), now=NOON, random=CHANCE)

    answers = await submitter.submit_many([made(), other])

    assert answers[1].outcome is Insertion.ID_REUSED
    assert await stored(store) == 1


@pytest.fixture
async def quiet(submitter: Submitter, door: Door) -> Submitter:
    """One whose last batch was a lone caller's."""
    await submitter.submit(made())
    door.passed = door.knocks = 0
    return submitter


async def crowd(submitter: Submitter, door: Door, jobs: list[NewJob]) -> list[Inserted]:
    """Submit jobs that are all there before the first of them is stored."""
    door.shut()
    callers = [asyncio.create_task(submitter.submit(job)) for job in jobs]
    await turns()
    door.open()
    return await asyncio.gather(*callers)


async def test_after_a_lone_caller_the_next_one_goes_in_its_own_turn(quiet: Submitter, door: Door) -> None:
    door.shut()
    submit = asyncio.create_task(quiet.submit(made()))

    await turns(1)

    assert door.knocks == 1
    door.open()
    assert (await submit).outcome is Insertion.CREATED


async def test_while_a_lone_caller_is_on_its_way_the_others_gather(quiet: Submitter, door: Door) -> None:
    jobs = [made() for _ in range(11)]

    answers = await crowd(quiet, door, jobs)

    assert [answer.id for answer in answers] == [job.id for job in jobs]
    assert door.passed == 2


async def test_after_a_crowd_the_next_crowd_shares_a_statement(quiet: Submitter, door: Door) -> None:
    await crowd(quiet, door, [made() for _ in range(11)])
    door.passed = 0

    await crowd(quiet, door, [made() for _ in range(11)])

    assert door.passed == 1


async def test_what_befalls_a_lone_caller_concerns_it_alone(quiet: Submitter, door: Door) -> None:
    door.shut()
    first = asyncio.create_task(quiet.submit(made()))
    await turns(1)
    others = [asyncio.create_task(quiet.submit(made())) for _ in range(3)]
    await turns(1)
    first.cancel()

    door.open()
    answers = await asyncio.gather(first, *others, return_exceptions=True)

    assert isinstance(answers[0], asyncio.CancelledError)
    assert [answer.outcome for answer in answers[1:] if not isinstance(answer, BaseException)] == [
        Insertion.CREATED
    ] * 3


async def test_where_the_store_is_away_a_lone_caller_hears_it_and_it_goes_on(
    quiet: Submitter, door: Door
) -> None:
    door.fail()
    with pytest.raises(StoreUnavailable):
        await quiet.submit(made())

    door.open()

    assert (await quiet.submit(made())).outcome is Insertion.CREATED


async def test_closing_waits_for_a_lone_caller_and_those_that_came_after(
    quiet: Submitter, door: Door, store: SqliteStore
) -> None:
    door.shut()
    submits = [asyncio.create_task(quiet.submit(made())) for _ in range(3)]
    await turns()
    closing = asyncio.create_task(quiet.close())
    await turns()
    assert not closing.done()

    door.open()
    await closing

    assert await stored(store) == 4
    assert [answer.outcome for answer in await asyncio.gather(*submits)] == [Insertion.CREATED] * 3
