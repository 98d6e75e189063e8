from __future__ import annotations

import asyncio

import pytest

from beltline.client.beltline import Beltline
from beltline.core.errors import InvalidInput, InvalidResult, JobFailed, NotFound, NotOpen, ResultTimeout
from beltline.core.outcome import Ending, Outcome
from tests.client.hand import Hand
from tests.client.jobs import Jobs, Thumb


async def test_a_result_has_the_type_of_its_function(opened: Jobs, hand: Hand) -> None:
    reference = await opened.thumbnail.submit("a.png")
    await hand.succeed(b'{"path":"b.png","width":9}')

    assert await reference.result() == Thumb("b.png", 9)


async def test_a_job_without_a_result_gives_none(opened: Jobs, hand: Hand) -> None:
    reference = await opened.silent.submit()
    await hand.succeed(None)

    nothing: object = await reference.result()  # type: ignore[func-returns-value]
    assert nothing is None


async def test_a_result_is_awaited(opened: Jobs, hand: Hand) -> None:
    reference = await opened.add.submit(1, 2)
    waiting = asyncio.create_task(reference.result(timeout="30s"))
    await asyncio.sleep(0)

    await hand.succeed(b"3")

    assert await waiting == 3


async def test_a_result_can_be_read_again(opened: Jobs, hand: Hand) -> None:
    reference = await opened.add.submit(1, 2)
    await hand.succeed(b"3")

    assert [await reference.result() for _ in range(2)] == [3, 3]


async def test_a_result_that_does_not_fit_its_type_any_more_says_so(opened: Jobs, hand: Hand) -> None:
    reference = await opened.add.submit(1, 2)
    await hand.succeed(b'"three"')

    with pytest.raises(InvalidResult):
        await reference.result()


async def test_a_failed_job_says_why(opened: Jobs, hand: Hand) -> None:
    reference = await opened.add.submit(1, 2)
    await hand.fail("ValueError", "no such paper")

    with pytest.raises(
        JobFailed, match=r"ended failed \(not_retryable\): ValueError: no such paper"
    ) as caught:
        await reference.result()

    assert (caught.value.job_id, caught.value.state) == (reference.id, "failed")


async def test_a_cancelled_job_gives_no_result(opened: Jobs) -> None:
    reference = await opened.add.submit(1, 2)
    await reference.cancel()

    with pytest.raises(JobFailed, match=r"ended cancelled \(cancel_requested\)$"):
        await reference.result()


async def test_a_failure_that_is_tried_again_is_not_the_end(opened: Jobs, hand: Hand) -> None:
    reference = await opened.add.submit(1, 2)
    await hand.end(Outcome(Ending.FAILED, delay_us=3_600_000_000))

    with pytest.raises(ResultTimeout, match=r"was not final within 50ms; it goes on"):
        await reference.result(timeout="50ms")


async def test_a_job_that_timed_out_for_its_waiter_can_be_awaited_again(opened: Jobs, hand: Hand) -> None:
    reference = await opened.add.submit(1, 2)
    with pytest.raises(ResultTimeout):
        await reference.result(timeout=0.01)

    await hand.succeed(b"3")

    assert await reference.result(timeout=30) == 3


async def test_a_faulty_time_out_is_refused(opened: Jobs) -> None:
    reference = await opened.add.submit(1, 2)

    with pytest.raises(InvalidInput, match="timeout 'soon' is not a duration"):
        await reference.result(timeout="soon")


async def test_closing_tells_those_who_wait(jobs: Jobs) -> None:
    await jobs.belt.open()
    reference = await jobs.add.submit(1, 2)
    waiting = asyncio.create_task(reference.result())
    await asyncio.sleep(0)

    await jobs.belt.close()

    with pytest.raises(NotOpen, match="closed while this job's end was awaited"):
        await waiting


async def test_many_results_are_awaited_at_once(opened: Jobs, hand: Hand, belt: Beltline) -> None:
    references = await opened.add.submit_many([{"left": n, "right": n} for n in range(40)])
    waiting = [asyncio.create_task(reference.result(timeout=30)) for reference in references]

    claimed = [await hand.succeed(b"%d" % n) for n in range(40)]

    order = {job.id: n for n, job in enumerate(claimed)}
    assert await asyncio.gather(*waiting) == [order[reference.id] for reference in references]


async def test_no_time_at_all_is_one_look(opened: Jobs, hand: Hand) -> None:
    reference = await opened.add.submit(1, 2)
    with pytest.raises(ResultTimeout):
        await reference.result(timeout=0)

    await hand.succeed(b"3")

    assert await reference.result(timeout=0) == 3


async def test_the_result_of_a_job_that_is_not_there_is_not_awaited(opened: Jobs) -> None:
    with pytest.raises(NotFound, match="there is no job 'nobody'"):
        await opened.belt.reference("nobody").result()
