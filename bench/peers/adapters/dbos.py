"""DBOS on PostgreSQL: a workflow without steps, on a queue."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

from dbos import DBOS, DBOSClient, run_dbos_database_migrations

from bench.peers import adapter as bodies
from bench.peers.adapter import script, store_url

MODULE: Final = "bench.peers.adapters.dbos"
VERSION: Final = "bench"


class DbosAdapter:
    """A client that enqueues, a worker process that listens to the queue."""

    settings = MappingProxyType(
        {
            "worker": (
                "DBOS.launch with one queue: worker_concurrency 100, polling 0.05 s; synchronous "
                "workflows without steps"
            ),
            "bulk": "none: one call a job",
        }
    )
    has_bulk = False

    def __init__(self) -> None:
        self._client: Any = None

    async def open(self) -> None:
        run_dbos_database_migrations(system_database_url=store_url())
        self._client = DBOSClient(system_database_url=store_url())

    async def close(self) -> None:
        self._client.destroy()

    async def submit(self, work: str, number: int) -> None:
        options = {"workflow_name": work, "queue_name": "bench", "app_version": VERSION}
        await self._client.enqueue_async(options, number)

    async def submit_bulk(self, work: str, numbers: Sequence[int]) -> None:
        for number in numbers:
            await self.submit(work, number)

    async def unfinished(self) -> int | None:
        found = await self._client.list_workflows_async(
            status=["ENQUEUED", "PENDING"], limit=1, load_input=False, load_output=False
        )
        return len(found)

    def worker(self, work: str) -> list[str]:
        del work
        return script(MODULE)


def adapter() -> DbosAdapter:
    """Return it."""
    return DbosAdapter()


def _work() -> None:
    DBOS(
        config={
            "name": "bench",
            "system_database_url": store_url(),
            "application_version": VERSION,
            "executor_id": "bench",
            "run_admin_server": False,
            "log_level": "WARNING",
        }
    )

    @DBOS.workflow(name="noop")
    def noop(number: int) -> None:
        bodies.noop(number)

    @DBOS.workflow(name="burn")
    def burn(number: int) -> None:
        bodies.burn(number)

    DBOS.launch()
    DBOS.register_queue("bench", worker_concurrency=100, polling_interval_sec=0.05)
    threading.Event().wait()


if __name__ == "__main__":
    _work()
