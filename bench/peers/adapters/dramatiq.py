"""Dramatiq on Redis and on RabbitMQ."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.redis import RedisBroker

from bench.peers import adapter as bodies
from bench.peers.adapter import BURN, place, program, store_url

MODULE: Final = "bench.peers.adapters.dramatiq"
ON_REDIS: Final = store_url().startswith("redis")
broker: Final[Any] = RedisBroker(url=store_url()) if ON_REDIS else RabbitmqBroker(url=store_url())
dramatiq.set_broker(broker)


@dramatiq.actor(queue_name=place())
def noop(number: int) -> None:
    """Tell that it began."""
    bodies.noop(number)


@dramatiq.actor(queue_name=place())
def burn(number: int) -> None:
    """Use the processor."""
    bodies.burn(number)


class DramatiqAdapter:
    """One process with eight threads, the default number."""

    settings = MappingProxyType(
        {
            "worker": "dramatiq -p 1 -t 8, default middleware; acknowledged after the body",
            "bulk": "none: one call a job",
        }
    )
    has_bulk = False

    async def open(self) -> None:
        broker.declare_queue(place())

    async def close(self) -> None:
        if ON_REDIS:
            broker.flush_all()
        else:
            for name in (place(), f"{place()}.DQ", f"{place()}.XQ"):
                broker.channel.queue_delete(name)
        broker.close()

    async def submit(self, work: str, number: int) -> None:
        (burn if work == BURN else noop).send(number)

    async def submit_bulk(self, work: str, numbers: Sequence[int]) -> None:
        actor = burn if work == BURN else noop
        for number in numbers:
            actor.send(number)

    async def unfinished(self) -> int | None:
        # RabbitMQ tells what waits, not what is delivered and unacknowledged.
        return int(broker.client.hlen(f"dramatiq:{place()}.msgs")) if ON_REDIS else None

    def worker(self, work: str) -> list[str]:
        del work
        return [program("dramatiq"), f"{MODULE}:broker", "-p", "1", "-t", "8"]


def adapter() -> DramatiqAdapter:
    """Return it."""
    return DramatiqAdapter()
