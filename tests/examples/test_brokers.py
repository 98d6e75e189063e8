"""The example of a broker: against whatever speaks Redis's protocol, a small stream in this process here.

BELTLINE_TEST_REDIS=redis://host:port names a real Redis to run the same test against.
"""

from __future__ import annotations

import asyncio
import os
import random
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from beltline import Message
from beltline.engine import triggers
from beltline.engine.definitions import apply_definitions
from beltline.runtime.watcher import Watcher
from beltline.store.pages import JobFilter, ListJobs
from beltline.testing.kit import Kit
from examples.brokers.redis_stream import RedisStream, belt
from tests.examples.tiny_redis import TinyRedis
from tests.waiting import eventually_async

REAL = os.environ.get("BELTLINE_TEST_REDIS")
SERVERS = ["tiny", *(["real"] if REAL else [])]


@pytest.fixture(params=SERVERS)
async def server(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    if request.param == "real":
        yield REAL or ""
        return
    async with TinyRedis().open() as url:
        yield url


async def command(server: str, *words: str) -> None:
    parts = urlsplit(server)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    data = [word.encode() for word in words]
    writer.write(b"*%d\r\n" % len(data) + b"".join(b"$%d\r\n%s\r\n" % (len(each), each) for each in data))
    await reader.readline()
    writer.close()
    await writer.wait_closed()


@asynccontextmanager
async def watching(kit: Kit) -> AsyncIterator[None]:
    sources = {"redis": RedisStream}
    watcher = Watcher(kit.store, "default", random=random.Random(1), sources=sources)
    watcher.start()
    try:
        yield
    finally:
        await watcher.stop()


async def payloads(kit: Kit) -> list[bytes]:
    page = await kit.store.reads.page(ListJobs(namespace="default", where=JobFilter(), limit=100))
    return sorted(job.payload for job in page.items)


async def test_entries_of_a_stream_become_jobs_once_also_after_a_crash(server: str) -> None:
    stream = f"orders-{uuid.uuid4().hex}"
    source = f"{server}/{stream}"
    async with Kit(belt) as kit:
        await apply_definitions(kit.store, "default", belt.registry)
        await triggers.edit(kit.store, "default", "orders", {"source": source}, actor="test")
        first = RedisStream(source)
        await first.connect()
        for number in (1, 2):
            body = f'{{"id": {number}, "to": "Kyiv"}}'
            await command(server, "XADD", stream, "*", "kind", "paid", "body", body)
        await command(server, "XADD", stream, "*", "kind", "draft", "body", '{"id": 9}')
        await command(server, "XADD", stream, "*", "kind", "paid", "body", "no JSON")
        # One is read and never acknowledged: its reader gets it again, as after a connection that broke.
        [unread] = await first.receive(1)
        await first.nack([unread])
        [again] = await first.receive(1)
        await first.ack([again])

        async with watching(kit):

            async def taken() -> bool:
                counts = await kit.store.triggers.counts("default", "orders")
                return sum(each.events for each in counts) == 3

            await eventually_async(taken)
        await first.close()

        assert unread.id == again.id
        assert await payloads(kit) == [b'{"order":2,"city":"Kyiv"}']
        [refused] = await kit.store.triggers.refusals("default", "orders")
        assert refused.body == b"no JSON"
    assert isinstance(next(iter(belt.declared_triggers)).rule, Message)
