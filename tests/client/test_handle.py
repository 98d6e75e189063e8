from __future__ import annotations

from typing import Any

import pytest

from beltline.core.errors import IdReused, InvalidInput, InvalidPayload, KeyReused, PayloadTooLarge
from beltline.core.states import JobState
from beltline.store.pages import JobFilter, ListJobs
from tests.client.jobs import Jobs


async def stored(jobs: Jobs) -> int:
    """How many jobs the store has."""
    page = await jobs.belt.store.reads.page(ListJobs(namespace=jobs.belt.namespace, where=JobFilter()))
    return page.total


async def test_options_hold_for_the_handle_that_has_them(opened: Jobs) -> None:
    urgent = opened.thumbnail.options(priority=9, labels={"who": "ada"})

    job = await (await urgent.submit("a.png")).job()
    plain = await (await opened.thumbnail.submit("a.png")).job()

    assert (job.priority, job.labels) == (9, {"team": "media", "who": "ada"})
    assert (plain.priority, plain.labels) == (2, {"team": "media"})


async def test_options_add_up(opened: Jobs) -> None:
    handle = opened.add.options(priority=9, queue="a").options(queue="b", delay="1h")

    job = await (await handle.submit(1, 2)).job()

    assert (job.priority, job.queue, job.state) == (9, "b", JobState.SCHEDULED)


def test_a_connection_given_once_is_kept(jobs: Jobs) -> None:
    conn = object()

    assert jobs.add.options(conn=conn).options(priority=1)._conn is conn


def test_an_unknown_option_is_refused_with_those_that_are_known(jobs: Jobs) -> None:
    with pytest.raises(InvalidInput, match=r"unknown submit options prio; known are .*priority.* and conn"):
        jobs.add.options(prio=1)


async def test_an_option_that_is_given_as_an_argument_is_refused_with_how_to_give_it(opened: Jobs) -> None:
    with pytest.raises(InvalidPayload, match=r"priority: is no parameter .* \.options\(priority=…\)\.submit"):
        await opened.add.submit(left=1, right=2, priority=3)

    assert await stored(opened) == 0


async def test_a_faulty_option_is_refused_and_nothing_is_stored(opened: Jobs) -> None:
    with pytest.raises(InvalidInput, match="delay 'soon'"):
        await opened.add.options(delay="soon").submit(1, 2)

    assert await stored(opened) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"left": "1", "right": 2}, "left"),
        ({"left": 1}, "right: is required and missing"),
        ({"left": 1, "right": 2, "more": 3}, "more"),
        ({"left": True, "right": 2}, "left"),
    ],
    ids=["type", "missing", "unknown", "bool"],
)
async def test_a_payload_that_does_not_fit_is_refused_and_nothing_is_stored(
    opened: Jobs, arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidPayload, match=words):
        await opened.add.submit(**arguments)

    assert await stored(opened) == 0


async def test_every_fault_of_a_payload_is_told(opened: Jobs) -> None:
    with pytest.raises(InvalidPayload) as caught:
        await opened.thumbnail.submit(path=5, width="wide")

    assert [path for path, _ in caught.value.faults] == ["path", "width"]


async def test_a_payload_that_is_too_large_is_refused(opened: Jobs) -> None:
    with pytest.raises(PayloadTooLarge, match="more than the limit of 1,048,576"):
        await opened.thumbnail.submit("x" * 1_048_576)


async def test_an_idempotency_key_makes_a_submit_repeatable(opened: Jobs) -> None:
    handle = opened.add.options(idempotency_key="order-7")

    first, again = await handle.submit(1, 2), await handle.submit(1, 2)

    assert (first.id, first.existing, again.existing) == (again.id, False, True)
    with pytest.raises(KeyReused):
        await handle.submit(1, 3)


async def test_a_chosen_id_makes_a_submit_repeatable(opened: Jobs) -> None:
    handle = opened.add.options(id="order-7")

    assert [(await handle.submit(1, 2)).existing for _ in range(2)] == [False, True]
    with pytest.raises(IdReused):
        await handle.submit(1, 3)


async def test_many_are_stored_in_their_order(opened: Jobs) -> None:
    references = await opened.add.options(queue="bulk").submit_many(
        {"left": n, "right": n} for n in range(2_500)
    )

    assert len({reference.id for reference in references}) == 2_500
    last = await references[-1].job()
    assert (last.payload, last.queue) == (b'{"left":2499,"right":2499}', "bulk")
    assert await stored(opened) == 2_500


async def test_of_many_one_bad_payload_refuses_all(opened: Jobs) -> None:
    with pytest.raises(InvalidPayload):
        await opened.add.submit_many([{"left": 1, "right": 1}, {"left": 1}])

    assert await stored(opened) == 0


async def test_of_many_one_conflict_refuses_all(opened: Jobs) -> None:
    handle = opened.add.options(idempotency_key="k")
    await handle.submit(1, 1)

    with pytest.raises(KeyReused):
        await handle.submit_many([{"left": 1, "right": 1}, {"left": 2, "right": 2}])

    assert await stored(opened) == 1


async def test_none_of_many_is_fine(opened: Jobs) -> None:
    assert await opened.add.submit_many([]) == []
