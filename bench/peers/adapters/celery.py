"""Celery on Redis and on RabbitMQ."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

from celery import Celery

from bench.peers import adapter as bodies
from bench.peers.adapter import BURN, place, program, store_url

MODULE: Final = "bench.peers.adapters.celery"
app: Final = Celery("bench", broker=store_url())
app.conf.update(
    task_ignore_result=True,
    task_default_queue=place(),
    worker_prefetch_multiplier=64,
    broker_connection_retry_on_startup=True,
    worker_enable_remote_control=False,
)


@app.task(name="noop")
def noop(number: int) -> None:
    """Tell that it began."""
    bodies.noop(number)


@app.task(name="burn")
def burn(number: int) -> None:
    """Use the processor."""
    bodies.burn(number)


class CeleryAdapter:
    """A prefork worker with one child, set up by the guide "Optimizing"."""

    settings = MappingProxyType(
        {
            "worker": (
                "celery worker -P prefork -c 1, prefetch multiplier 64, no gossip, mingle, heartbeat, "
                "remote control"
            ),
            "results": "no result backend, task_ignore_result",
            "durability": "acknowledged before the body runs (the default)",
            "bulk": "apply_async through one producer",
        }
    )
    has_bulk = True

    async def open(self) -> None:
        with app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=3)

    async def close(self) -> None:
        with app.connection_for_write() as connection, connection.channel() as channel:
            channel.queue_delete(place())

    async def submit(self, work: str, number: int) -> None:
        _task(work).delay(number)

    async def submit_bulk(self, work: str, numbers: Sequence[int]) -> None:
        task = _task(work)
        with app.producer_pool.acquire(block=True) as producer:
            for number in numbers:
                task.apply_async((number,), producer=producer)

    async def unfinished(self) -> int | None:
        # Acknowledged before the body runs: the broker knows nothing of running jobs.
        return None

    def worker(self, work: str) -> list[str]:
        del work
        flags = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]
        return [program("celery"), "-A", MODULE, "worker", "-P", "prefork", "-c", "1", *flags]


def _task(work: str) -> Any:  # noqa: ANN401 - a peer's own type
    return burn if work == BURN else noop


def adapter() -> CeleryAdapter:
    """Return it."""
    return CeleryAdapter()
