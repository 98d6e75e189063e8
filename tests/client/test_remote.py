"""A Beltline that knows a service's URL only: the same words, over HTTP."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from random import Random
from typing import Any

import pytest

from beltline.client.beltline import Beltline
from beltline.client.remote import Remote
from beltline.core.clock import SystemClock
from beltline.core.errors import (
    ConfigError,
    IdReused,
    InvalidPayload,
    InvalidTransition,
    JobFailed,
    NotFound,
    ResultTimeout,
    StoreUnavailable,
    Unsupported,
)
from beltline.core.needs import read_needs
from beltline.core.retry import Retry
from beltline.core.states import JobState
from beltline.engine.submit import JobOptions
from beltline.wire.reading import ServiceRefused
from tests.api.served import Served, served
from tests.api.service import MEMORY, NAMESPACE
from tests.client.working import Hands


@pytest.fixture(scope="module")
def service() -> Iterator[Served]:
    with served(MEMORY) as found:
        yield found


@pytest.fixture
async def belt(service: Served) -> AsyncIterator[Beltline]:
    made = Beltline(service.url, namespace=NAMESPACE, api_key=service.keys["admin"])
    async with made:
        yield made


def mail(to: str, times: int = 1) -> list[str]:
    return [to] * times


async def test_a_typed_job_is_submitted_and_its_result_awaited(belt: Beltline, service: Served) -> None:
    handle = belt.job(mail)

    reference = await handle.options(queue="typed", labels={"a": "1"}).submit("ä", times=2)
    async with Hands(service, "typed") as hands:
        await hands.settle(outcome="succeeded", result=["ä", "ä"])
        result = await reference.result(timeout="20s")

    assert result == ["ä", "ä"]
    job = await reference.job()
    assert (job.state, job.labels, job.definition) == (JobState.SUCCEEDED, {"a": "1"}, "mail")


async def test_many_are_submitted_by_name(belt: Beltline) -> None:
    found = await belt.submit_many("mail", [{"n": 1}, {"n": 2}])

    assert [(await reference.job()).state for reference in found] == [JobState.QUEUED] * 2


async def test_refusals_are_the_errors_of_a_store(belt: Beltline) -> None:
    with pytest.raises(InvalidPayload) as invalid:
        await belt.submit("resize", {"width": "x"})
    with pytest.raises(NotFound):
        await belt.get("nothing")
    with pytest.raises(NotFound):
        await belt.submit("unknown", {})
    chosen = JobOptions(id="remote-1")
    await belt.submit("mail", {"n": 1}, options=chosen)
    again = await belt.submit("mail", {"n": 1}, options=chosen)
    with pytest.raises(IdReused):
        await belt.submit("mail", {"n": 2}, options=chosen)

    assert {path for path, _ in invalid.value.faults} == {"payload.path", "payload.width"}
    assert again.existing is True


async def test_a_job_is_cancelled_and_its_end_is_told(belt: Beltline) -> None:
    reference = await belt.submit("mail", {})

    assert (await reference.cancel(why="test")).state is JobState.CANCELLED

    with pytest.raises(JobFailed):
        await reference.result()
    with pytest.raises(InvalidTransition):
        await reference.cancel()


async def test_a_result_that_is_late_leaves_the_job(belt: Beltline) -> None:
    reference = await belt.submit("mail", {})

    with pytest.raises(ResultTimeout):
        await reference.result(timeout="50ms")
    assert (await reference.job()).state is JobState.QUEUED


async def test_what_only_a_store_has_is_refused(belt: Beltline) -> None:
    handle = belt.job(mail)

    with pytest.raises(Unsupported):
        await handle.options(conn=object()).submit("a")
    with pytest.raises(Unsupported):
        _ = belt.store


async def test_what_a_job_asks_of_its_worker_goes_along(belt: Beltline) -> None:
    handle = belt.job(mail)

    reference = await handle.options(resources={"memory": "1Gi", "cpu": 1.5}, tags={"eu"}).submit("a")

    needs = read_needs((await belt.get(reference.id)).needs)
    assert (dict(needs.amounts), set(needs.tags)) == ({"cpu": 1_500, "memory": 1 << 30}, {"eu"})


async def test_how_a_job_is_tried_again_goes_along(belt: Beltline) -> None:
    handle = belt.job(mail)

    reference = await handle.options(retry=Retry(max_attempts=2, backoff="fixed", base="250ms")).submit("a")

    job = await belt.get(reference.id)
    assert job.max_attempts == 2
    assert job.backoff == '{"backoff":"fixed","base_us":250000,"cap_us":600000000}'


async def test_a_wrong_key_is_said(service: Served) -> None:
    async with Beltline(service.url, namespace=NAMESPACE, api_key="belt_x") as belt:
        with pytest.raises(ServiceRefused, match="api_key_invalid"):
            await belt.submit("mail", {})


async def test_without_a_key_nothing_is_opened(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BELTLINE_API_KEY", raising=False)

    with pytest.raises(ConfigError, match="BELTLINE_API_KEY"):
        await Beltline(service.url).open()


async def test_a_service_that_is_away_is_said() -> None:
    remote = Remote("http://127.0.0.1:1", "default", "belt_x", clock=SystemClock(), random=Random(1), tries=1)

    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        await remote.submit("mail", [b"{}"], JobOptions())

    await remote.close()


def test_synchronous_code_has_the_same(service: Served) -> None:
    belt = Beltline(service.url, namespace=NAMESPACE, api_key=service.keys["admin"])
    handle = belt.job(mail)
    belt.open_sync()
    try:
        reference = handle.options(queue="sync").submit_sync("a")
        working = threading.Thread(target=asyncio.run, args=(work_once(service, "sync"),))
        working.start()
        result: Any = reference.result_sync(timeout="20s")
        working.join()
    finally:
        belt.close_sync()

    assert result == ["a"]


async def work_once(service: Served, queue: str) -> None:
    async with Hands(service, queue) as hands:
        await hands.settle(outcome="succeeded", result=["a"])
