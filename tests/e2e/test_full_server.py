"""PostgreSQL's disk is full: tables on a file system of some megabytes, which a ballast fills and frees.

It needs a Linux that lets anyone make a user namespace, so it is one of the long tests.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import psycopg
import pytest

from beltline import JobHandle
from beltline.core.errors import StoreFull
from beltline.core.states import JobState
from beltline.engine import control
from tests.e2e import app
from tests.e2e.conftest import open_site
from tests.e2e.site import NAMESPACE, Site
from tests.servers.postgres import PostgresServer
from tests.waiting import eventually_async

MEGABYTES: Final = 64


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with PostgresServer(small_disk=f"{MEGABYTES}m") as server:
        _run(server, f"CREATE TABLESPACE small LOCATION '{server.folder}/small/tables'")
        _run(server, "ALTER DATABASE postgres SET default_tablespace = 'small'")
        yield server


@pytest.fixture
async def server_site(
    server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Site]:
    async for ready in open_site(server.url, tmp_path, monkeypatch):
        yield ready


@pytest.mark.proof
async def test_a_full_disk_is_told_by_all_and_work_goes_on_when_there_is_space(
    server: PostgresServer, server_site: Site
) -> None:
    worker = server_site.worker()
    first = await app.ship.submit(n=0, seconds=0.0)
    await server_site.final(first.id)

    await control.pause_queue(server_site.store, NAMESPACE, "held", paused=True, actor="ada")
    held = app.ship.options(queue="held")
    acknowledged = await _submitted(held, 1_000)
    ballast = f"{server.folder}/small/ballast"
    _run(server, f"COPY (SELECT 1) TO PROGRAM 'dd if=/dev/zero of={ballast} bs=4k || true'")
    with pytest.raises(StoreFull, match="free some space"):
        await _submitted(held, 100_000)
    await control.pause_queue(server_site.store, NAMESPACE, "held", paused=False, actor="ada")
    await server_site.logged(worker, "free some space")
    _run(server, f"COPY (SELECT 1) TO PROGRAM 'rm {ballast}'")

    later = await app.ship.submit(n=1, seconds=0.0)
    acknowledged.append(later.id)

    async def all_final() -> bool:
        found = await server_site.store.reads.finished(NAMESPACE, acknowledged)
        return len(found) == len(acknowledged)

    await eventually_async(all_final, within=60, what="every job is final")
    jobs = await server_site.store.reads.get(NAMESPACE, acknowledged)
    assert {job.state for job in jobs} == {JobState.SUCCEEDED}
    assert {job.runs for job in jobs} == {1}
    assert worker.stop() == 0


async def _submitted(handle: JobHandle[int], count: int) -> list[str]:
    """Submit so many in one transaction."""
    return [each.id for each in await handle.submit_many({"n": n, "seconds": 0.0} for n in range(count))]


def _run(server: PostgresServer, statement: str) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(statement.encode())
