"""A worker that knows a service's URL only: bodies, steps, logs, requests and drains over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx2
import pytest

from beltline.app import ready_worker
from beltline.client.beltline import Beltline
from beltline.client.served.line import MOST_BYTES, Standing, chunks
from beltline.client.served.store import ServedStore
from beltline.config import Config, StoreConfig, WorkerConfig
from beltline.core.clock import SystemClock
from beltline.core.errors import ConfigError, StoreError, Unsupported
from beltline.core.outcome import Snooze
from beltline.core.retry import Retry
from beltline.core.values import as_offered
from beltline.definitions.context import Context
from beltline.definitions.sync_context import SyncContext
from beltline.runtime.worker import Worker
from tests.api.served import Served, served
from tests.api.service import MEMORY, NAMESPACE
from tests.waiting import eventually_async

QUEUE: Final = "over-http"
SETTINGS: Final = WorkerConfig(queues=(QUEUE,), resources=as_offered("gpu=1"))


@pytest.fixture(scope="module")
def service() -> Iterator[Served]:
    with served(MEMORY, clock=SystemClock()) as found:
        yield found


class Site:
    """An app, and a client that is an admin."""

    def __init__(self, service: Served) -> None:
        self.service = service
        self.belt = Beltline(MEMORY)
        self.gate = asyncio.Event()
        self.begun: list[str] = []
        self.http = httpx2.AsyncClient(
            base_url=f"{service.url}/api/v1/namespaces/{NAMESPACE}",
            headers={"Authorization": f"Bearer {service.keys['admin']}"},
            timeout=30,
        )

    def config(self, role: str = "worker", **settings: Any) -> Config:
        store = StoreConfig(url=self.service.url, namespace=NAMESPACE, api_key=self.service.keys[role])
        return Config(store=store, worker=replace(SETTINGS, **settings))

    @asynccontextmanager
    async def working(self, **settings: Any) -> AsyncIterator[Worker]:
        async with ready_worker(self.config(**settings), self.belt) as worker:
            running = asyncio.create_task(worker.run())
            try:
                yield worker
            finally:
                worker.stop()
                await running

    async def submit(self, definition: str, **fields: Any) -> str:
        answer = await self.http.post("/jobs", json={"definition": definition, **fields})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def job(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.http.get(f"/jobs/{job_id}?include=result")).json()
        return found

    async def ended(self, job_id: str, state: str = "succeeded") -> dict[str, Any]:
        async def look() -> dict[str, Any] | None:
            found = await self.job(job_id)
            return found if found["state"] == state else None

        found = await eventually_async(look, what=f"{job_id} {state}")
        assert found is not None
        return found


@pytest.fixture
async def site(service: Served) -> AsyncIterator[Site]:
    made = Site(service)
    yield made
    await made.http.aclose()


async def test_a_body_has_steps_progress_and_a_log(site: Site) -> None:
    @site.belt.job(queue=QUEUE)
    async def counts(ctx: Context, n: int) -> dict[str, int]:
        async def double() -> int:
            site.begun.append(ctx.job_id)
            return 2 * n

        found = await ctx.step("double", double)
        ctx.log.info("doubled", n=n)
        if ctx.run == 1:
            raise Snooze(0)
        return {"found": found}

    async with site.working():
        job_id = await site.submit("counts", payload={"n": 21})
        await site.ended(job_id, "scheduled")
        await site.http.post(f"/jobs/{job_id}/retry", json={})
        job = await site.ended(job_id)
    lines = (await site.http.get(f"/jobs/{job_id}/logs")).json()["items"]

    assert (job["result"], job["runs"], site.begun) == ({"found": 42}, 2, [job_id])
    assert [(line["message"], line["fields"]) for line in lines] == [("doubled", {"n": 21})] * 2


async def test_a_body_in_a_thread_uses_a_key_once(site: Site) -> None:
    @site.belt.job(queue=QUEUE)
    def pays(ctx: SyncContext, order: str) -> list[bool]:
        return [ctx.once(order), ctx.once(order)]

    async with site.working():
        job = await site.ended(await site.submit("pays", payload={"order": "o1"}))

    assert job["result"] == [True, False]


async def test_a_body_submits_children_with_the_key_of_a_worker(site: Site) -> None:
    @site.belt.job(queue=QUEUE)
    async def leaf(n: int) -> int:
        return n

    @site.belt.job(queue=QUEUE)
    async def tree(ctx: Context) -> None:
        await ctx.submit(leaf, n=1)
        await ctx.submit_many(leaf, [{"n": 2}, {"n": 3}])

    async with site.working():
        job_id = await site.submit("tree")

        async def states() -> bool:
            children = (await site.http.get(f"/jobs/{job_id}/children")).json()["items"]
            return [child["state"] for child in children] == ["succeeded"] * 3

        await eventually_async(states)
        parent = await site.job(job_id)

    # Its children are its own: it waits until the service has told it that they ended.
    assert (parent["state"], parent["reason"]) == ("waiting", "children")


async def test_an_error_is_what_it_would_be_at_the_store(site: Site) -> None:
    @site.belt.job(queue=QUEUE, retry=Retry(give_up_on=(ValueError,)))
    async def breaks() -> None:
        raise ValueError("no. 5")

    async with site.working():
        job = await site.ended(await site.submit("breaks"), "failed")

    assert (job["reason"], job["error"]["type"], job["error"]["message"]) == (
        "not_retryable",
        "ValueError",
        "no. 5",
    )
    assert "in breaks" in job["error"]["where"]
    assert job["version"] == breaks.definition.version


async def test_a_custom_backoff_is_asked(site: Site) -> None:
    @site.belt.job(queue=QUEUE, retry=Retry(backoff=lambda _: "3h"))
    async def fails() -> None:
        raise OSError

    async with site.working():
        job = await site.ended(await site.submit("fails"), "retrying")

    assert datetime.fromisoformat(job["run_at"]) - datetime.now(UTC) > timedelta(hours=2)


async def test_a_backoff_of_the_jobs_own_wins_over_a_custom_one(site: Site) -> None:
    @site.belt.job(queue=QUEUE, retry=Retry(backoff=lambda _: "3h"))
    async def fails() -> None:
        raise OSError

    async with site.working():
        job_id = await site.submit("fails", retry={"backoff": "fixed", "base": "1d"})
        job = await site.ended(job_id, "retrying")

    assert datetime.fromisoformat(job["run_at"]) - datetime.now(UTC) > timedelta(hours=23)


async def test_a_cancel_reaches_the_body(site: Site) -> None:
    @site.belt.job(queue=QUEUE)
    async def waits(ctx: Context) -> None:
        site.begun.append(ctx.job_id)
        await site.gate.wait()

    async with site.working():
        job_id = await site.submit("waits")
        await eventually_async(_begun(site))
        await site.http.post(f"/jobs/{job_id}/cancel", json={})
        job = await site.ended(job_id, "cancelled")

    assert job["reason"] == "cancel_requested"


async def test_a_drain_gives_back_what_does_not_end(site: Site) -> None:
    @site.belt.job(queue=QUEUE)
    async def stays(ctx: Context) -> None:
        site.begun.append(ctx.job_id)
        await site.gate.wait()

    async with site.working(drain_us=0):
        job_id = await site.submit("stays")
        await eventually_async(_begun(site))
    job = await site.job(job_id)
    await site.http.post(f"/jobs/{job_id}/cancel", json={})

    assert (job["state"], job["attempts_used"]) == ("queued", 0)
    # The claim that waited at the service may have taken it, to find that nobody waits any more.
    assert job["reason"] in {"drained", "claim_lost"}


async def test_jobs_that_ask_for_what_is_offered_are_run(site: Site) -> None:
    @site.belt.job(queue=QUEUE, resources={"gpu": 1})
    async def trains(n: int) -> int:
        return n

    async with site.working():
        ids = [await site.submit("trains", payload={"n": n}) for n in range(3)]
        large = await site.submit("trains", payload={"n": 9}, resources={"gpu": 2})
        found = [(await site.ended(job_id))["result"] for job_id in ids]

    assert found == [0, 1, 2]
    assert (await site.job(large))["reason"] == "submitted"
    await site.http.post(f"/jobs/{large}/cancel", json={})


async def test_a_result_that_the_service_refuses_fails_its_job_only(site: Site) -> None:
    def nested(depth: int) -> object:
        found: object = 1
        for _ in range(depth):
            found = [found]
        return found

    @site.belt.job(queue=QUEUE)
    async def nests(depth: int) -> object:
        return nested(depth)

    async with site.working():
        deep = await site.submit("nests", payload={"depth": 198})
        flat = await site.submit("nests", payload={"depth": 1})
        refused = await site.ended(deep, "failed")
        fine = await site.ended(flat)

    assert (refused["reason"], fine["result"]) == ("not_retryable", [1])
    assert "the service refused how the run ended" in refused["error"]["message"]


async def test_a_step_in_a_transaction_is_refused(site: Site) -> None:
    @site.belt.job(queue=QUEUE, retry=Retry(max_attempts=1))
    async def joins(ctx: Context) -> None:
        await ctx.step_in(object(), "one", lambda _: 1)

    async with site.working():
        job = await site.ended(await site.submit("joins"), "failed")

    assert "conn=" in job["error"]["message"]


async def test_what_a_service_cannot_offer_is_told_at_once(site: Site) -> None:
    @site.belt.job(queue=QUEUE, schedule="0 3 * * *")
    async def nightly() -> None: ...

    config = site.config(until_idle=True)
    config = replace(config, store=replace(config.store, api_key=""))

    with pytest.raises(ConfigError) as refused:
        async with ready_worker(config, site.belt):
            pass

    assert len(refused.value.problems) == 3
    for part in ("API key", "--until-idle", "schedules"):
        assert part in str(refused.value)


async def test_a_key_that_may_not_work_is_told_at_the_start(site: Site) -> None:
    @site.belt.job(queue=QUEUE)
    async def nothing() -> None: ...

    with pytest.raises(StoreError, match="viewer"):
        async with ready_worker(site.config("viewer"), site.belt):
            pass


async def test_what_only_a_store_has_is_refused() -> None:
    store = ServedStore(
        "http://x", "default", "belt_x", clock=SystemClock(), random=_Chance(), standing=Standing()
    )

    with pytest.raises(Unsupported, match="upkeep"):
        _ = store.upkeep


def test_chunks_are_bounded_by_number_and_bytes() -> None:
    big = "x" * (MOST_BYTES // 2)

    assert [len(chunk) for chunk in chunks([1] * 2_500)] == [1_000, 1_000, 500]
    assert [len(chunk) for chunk in chunks([big, "small", big, big])] == [2, 1, 1]
    assert list(chunks([])) == []


def _begun(site: Site) -> Callable[[], Any]:
    async def look() -> bool:
        return bool(site.begun)

    return look


class _Chance:
    def getrandbits(self, k: int, /) -> int:
        return k

    def random(self) -> float:
        return 0.5
