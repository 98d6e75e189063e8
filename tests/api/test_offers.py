"""What a remote worker offers, and the jobs that ask for it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from beltline.core.clock import MICROS
from tests.api.service import Service
from tests.api.test_workers import Remote, opened

LOOK_US = MICROS // 4


async def looked(service: Service, worker: Remote, limit: int = 10) -> list[str]:
    service.clock.advance(LOOK_US)
    return [job["id"] for job in await worker.claim(limit)]


async def test_a_job_that_asks_goes_to_a_worker_that_offers(any_service: Service) -> None:
    asking = await any_service.submit(resources={"gpu": 1}, tags=["eu"])
    plain, offering = (
        await opened(any_service),
        await opened(any_service, resources={"gpu": 1, "cpu": 2}, tags=["eu", "ssd"]),
    )

    assert await looked(any_service, plain) == []
    assert await looked(any_service, offering) == [asking]


async def test_what_is_held_is_not_offered_again(any_service: Service) -> None:
    first, second = [await any_service.submit(resources={"gpu": 2}) for _ in range(2)]
    worker = await opened(any_service, resources={"gpu": 3})

    [held] = await worker.claim()
    during = await looked(any_service, worker)
    await worker.settle(held)

    assert (held["id"], during) == (first, [])
    assert await looked(any_service, worker) == [second]


async def test_what_another_service_process_handed_out_counts(any_service: Service) -> None:
    service = any_service
    worker = await opened(service, resources={"gpu": 1})
    await service.submit(resources={"gpu": 1})
    [held] = await worker.claim()
    waiting = await service.submit(resources={"gpu": 1})
    # What this process remembers of the session, another one does not know.
    service.desk.sessions.clear()

    during = await looked(service, worker)
    await worker.settle(held)

    assert during == []
    assert await looked(service, worker) == [waiting]


async def test_a_flood_of_plain_jobs_does_not_starve_those_that_ask(service: Service) -> None:
    for _ in range(4):
        await service.submit()
    asking = await service.submit(resources={"cpu": 1}, priority=100)
    worker = await opened(service, resources={"cpu": 1})

    first = await looked(service, worker, 1)

    assert first == [asking]
    assert len(await worker.claim(10)) == 4


async def test_a_claim_that_waits_finds_jobs_that_ask(service: Service) -> None:
    worker = await opened(service, resources={"gpu": 1})
    service.clock.advance(LOOK_US)
    claiming = asyncio.create_task(worker.claim(wait="30s"))
    await asyncio.sleep(0)
    service.clock.advance(LOOK_US)

    asking = await service.submit(resources={"gpu": 1})

    async with asyncio.timeout(20):
        assert [job["id"] for job in await claiming] == [asking]


async def test_a_pinned_job_goes_to_its_version(service: Service) -> None:
    pinned = await service.submit(pinned=True)
    old, new = (
        await opened(service, versions={"resize": "0"}),
        await opened(service, versions={"resize": "1"}),
    )

    assert await looked(service, old) == []
    assert await looked(service, new) == [pinned]


async def test_a_run_is_kept_with_the_version_that_ran(service: Service) -> None:
    job_id = await service.submit()
    worker = await opened(service, versions={"resize": "2"})
    [job] = await worker.claim()
    await worker.settle(job)

    [attempt] = (await service.call("GET", f"/jobs/{job_id}/attempts")).json()["items"]

    assert attempt["version"] == "2"


async def test_a_worker_gets_only_what_it_has_code_for(service: Service) -> None:
    job_id = await service.submit()
    worker = await opened(service, definitions=["mail"])

    assert await worker.claim() == []
    shown = (await service.call("GET", f"/jobs/{job_id}")).json()
    assert (shown["reason"], shown["attempts_used"]) == ("no_handler", 0)


@pytest.mark.parametrize("offer", [{"resources": {"gpu": "many"}}, {"resources": {"gpu": 0.0001}}])
async def test_an_offer_that_is_none_is_refused(service: Service, offer: dict[str, Any]) -> None:
    found = await service.call("POST", "/workers", {"name": "node", **offer}, role="worker")

    assert found.status_code == 422
    assert "resource gpu" in found.json()["detail"]
