"""The server goes away under load, in good order and outright; workers and submitters reconnect and go on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from beltline.core.errors import StoreUnavailable
from beltline.core.states import JobState
from tests.e2e import app
from tests.e2e.conftest import open_site
from tests.e2e.site import NAMESPACE, Site
from tests.servers.postgres import PostgresServer
from tests.waiting import eventually_async, pause


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server of this test alone."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
async def server_site(
    server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Site]:
    async for ready in open_site(server.url, tmp_path, monkeypatch):
        yield ready


class Submitting:
    """A program that submits all the time and repeats, under its key, what was not answered."""

    def __init__(self) -> None:
        self.ids: dict[int, str] = {}
        self.refusals = 0
        self.enough = False

    async def run(self) -> None:
        while not self.enough:
            n = len(self.ids)
            handle = app.ship.options(idempotency_key=f"order-{n}")
            try:
                self.ids[n] = (await handle.submit(n=n, seconds=0.02)).id
            except StoreUnavailable:
                self.refusals += 1
                await pause(0.05)


async def test_a_restarted_server_loses_nothing(server: PostgresServer, server_site: Site) -> None:
    workers = [server_site.worker() for _ in range(2)]
    submitting = Submitting()
    program = asyncio.create_task(submitting.run())
    for worker in workers:
        await server_site.busy(worker)

    for outage in (server.restart, server.restart, _crash(server)):
        await asyncio.to_thread(outage)
        await _more(submitting, program, 100)
    submitting.enough = True
    await program
    ids = list(submitting.ids.values())
    await eventually_async(lambda: _all_final(server_site, ids), within=60, what="every job is final")
    jobs = await server_site.store.reads.get(NAMESPACE, ids)

    assert submitting.refusals > 0
    assert len(set(ids)) == len(ids) == len(jobs)
    assert {job.state for job in jobs} == {JobState.SUCCEEDED}
    assert all(json.loads(job.result or b"") == job.fence for job in jobs)
    starts = [(each.job_id, each.fence) for each in server_site.effects() if each.what == "start"]
    assert len(set(starts)) == len(starts)
    assert {each.pid for each in server_site.effects()} == {worker.pid for worker in workers}
    for worker in workers:
        assert "trying again" in worker.log
        assert "Traceback" not in worker.log
        assert worker.stop() == 0


def _crash(server: PostgresServer) -> Callable[[], None]:
    def crash() -> None:
        server.kill()
        server.start()

    return crash


async def _more(submitting: Submitting, program: asyncio.Task[None], count: int) -> None:
    enough = len(submitting.ids) + count

    async def reached() -> bool:
        if program.done():
            await program
        return len(submitting.ids) >= enough

    await eventually_async(reached, within=60, what=f"{count} more submits")


async def _all_final(site: Site, ids: list[str]) -> bool:
    return len(await site.store.reads.finished(NAMESPACE, ids)) == len(ids)
