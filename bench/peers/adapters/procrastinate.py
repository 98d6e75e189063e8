"""Procrastinate on PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

from procrastinate import App, PsycopgConnector

from bench.peers import adapter as bodies
from bench.peers.adapter import BURN, script, store_url

MODULE: Final = "bench.peers.adapters.procrastinate"
app: Final = App(connector=PsycopgConnector(conninfo=store_url(), min_size=2, max_size=20))


@app.task(name="noop", queue="bench")
async def noop(number: int) -> None:
    """Tell that it began."""
    bodies.noop(number)


@app.task(name="burn", queue="bench")
def burn(number: int) -> None:
    """Use the processor, in a thread."""
    bodies.burn(number)


class ProcrastinateAdapter:
    """One worker with 20 jobs at once, LISTEN/NOTIFY on."""

    settings = MappingProxyType(
        {
            "worker": (
                "run_worker_async(concurrency=20), 4 for the 5 ms job (in threads); listen_notify on, log "
                "at WARNING"
            ),
            "kept": "delete_jobs='successful', which its guide names for tables that stay small",
            "bulk": "batch_defer_async with 1,000 jobs a call",
        }
    )
    has_bulk = True

    def __init__(self) -> None:
        self._opened: Any = None

    async def open(self) -> None:
        self._opened = await app.open_async()
        if not await app.check_connection_async():
            await app.schema_manager.apply_schema_async()

    async def close(self) -> None:
        await app.close_async()

    async def submit(self, work: str, number: int) -> None:
        await _task(work).defer_async(number=number)

    async def submit_bulk(self, work: str, numbers: Sequence[int]) -> None:
        await _task(work).batch_defer_async(*({"number": number} for number in numbers))

    async def unfinished(self) -> int | None:
        rows = await app.connector.execute_query_all_async(
            "SELECT count(*) AS jobs FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
        )
        return int(rows[0]["jobs"])

    def worker(self, work: str) -> list[str]:
        return [*script(MODULE), "4" if work == BURN else "20"]


def _task(work: str) -> Any:  # noqa: ANN401 - a peer's own type
    return burn if work == BURN else noop


def adapter() -> ProcrastinateAdapter:
    """Return it."""
    return ProcrastinateAdapter()


async def _work(concurrency: int) -> None:
    async with app.open_async():
        await app.run_worker_async(concurrency=concurrency, delete_jobs="successful")


if __name__ == "__main__":
    import sys

    logging.basicConfig(level=logging.WARNING)
    asyncio.run(_work(int(sys.argv[1])))
