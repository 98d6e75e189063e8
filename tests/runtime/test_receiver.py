"""Messages of a real socket and of a folder become jobs, once, whatever breaks on the way."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from beltline.definitions.trigger import Message
from beltline.engine import triggers
from beltline.engine.definitions import apply_definitions
from beltline.runtime import receiver
from beltline.runtime.watcher import Watcher
from beltline.store.pages import JobFilter, ListJobs
from beltline.triggers.spool import Spool
from tests.hops import Door
from tests.runtime.works import Works
from tests.triggers.line_broker import LineBroker, Lines
from tests.waiting import eventually_async


@pytest.fixture
async def broker() -> AsyncIterator[LineBroker]:
    async with LineBroker().open() as made:
        yield made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "FIRST_PAUSE_S", 0.01)


async def declare(works: Works, source: str) -> None:
    async def ship(order: int) -> int:
        return order

    works.belt.source("lines", Lines)
    works.belt.source("spool", lambda url: Spool(url, look_s=0.02))
    works.belt.trigger(works.belt.job(ship), Message(source=source), name="orders")
    await apply_definitions(works.store, works.namespace, works.belt.registry)
    declared = tuple(works.belt.declared_triggers)
    await triggers.declare(works.store, works.namespace, declared, works.belt.registry.names())


@asynccontextmanager
async def watching(works: Works) -> AsyncIterator[Watcher]:
    """Run a worker's watcher of triggers."""
    watcher = Watcher(works.store, works.namespace, random=random.Random(1), sources=works.belt.sources)
    watcher.start()
    try:
        yield watcher
    finally:
        await watcher.stop()


async def orders(works: Works) -> list[bytes]:
    page = await works.store.reads.page(ListJobs(namespace=works.namespace, where=JobFilter(), limit=1_000))
    return sorted(job.payload for job in page.items)


async def made(works: Works, count: int) -> list[bytes]:
    async def enough() -> bool:
        return len(await orders(works)) >= count

    await eventually_async(enough)
    return await orders(works)


async def counts(works: Works) -> dict[str, int]:
    found = await works.store.triggers.counts(works.namespace, "orders")
    return {each.outcome: each.events for each in found if each.events}


async def all_acknowledged(broker: LineBroker) -> None:
    async def empty() -> bool:
        return not broker.held

    await eventually_async(empty)


async def test_messages_become_jobs_and_are_acknowledged(works: Works, broker: LineBroker) -> None:
    broker.put("a", {"order": 1})
    await declare(works, broker.url)

    async with watching(works):
        await made(works, 1)
        broker.put("b", {"order": 2})
        found = await made(works, 2)
        await all_acknowledged(broker)

    assert found == [b'{"order":1}', b'{"order":2}']
    assert await counts(works) == {"submitted": 2}


async def test_a_lost_connection_or_acknowledgement_makes_no_job_twice(
    works: Works, broker: LineBroker
) -> None:
    broker.deaf = 2
    broker.put("a", {"order": 1})
    await declare(works, broker.url)

    async with watching(works):
        await all_acknowledged(broker)
        broker.hang_up()
        broker.put("b", {"order": 2})
        await made(works, 2)
        await all_acknowledged(broker)

    assert await orders(works) == [b'{"order":1}', b'{"order":2}']
    assert broker.sent >= 4
    assert (await counts(works))["repeated"] == 2


async def test_poison_is_on_record_and_holds_up_nothing(works: Works, broker: LineBroker) -> None:
    broker.put("a", "no JSON {")
    broker.put("b", {"order": "much"})
    broker.put("c", {"order": 3})
    await declare(works, broker.url)

    async with watching(works):
        await made(works, 1)
        await all_acknowledged(broker)

    refused = await works.store.triggers.refusals(works.namespace, "orders")
    assert [(each.event_key, each.body) for each in refused] == [
        ("b", b'{"order":"much"}'),
        ("a", b"no JSON {"),
    ]
    assert broker.sent == 3


async def test_what_the_store_did_not_take_comes_again(works: Works, broker: LineBroker, door: Door) -> None:
    await declare(works, broker.url)

    async with watching(works):

        async def connected() -> bool:
            return broker.connections > 0

        await eventually_async(connected)
        door.fail()
        broker.put("a", {"order": 1})

        async def again() -> bool:
            return broker.connections > 2

        await eventually_async(again)
        door.open()
        found = await made(works, 1)
        await all_acknowledged(broker)

    assert found == [b'{"order":1}']


async def test_a_broker_that_is_away_is_counted_and_tried_again(works: Works) -> None:
    await declare(works, "lines://127.0.0.1:1")

    async with watching(works):

        async def missed() -> bool:
            return (await counts(works)).get("unreachable", 0) > 1

        await eventually_async(missed)

    standing = await works.store.triggers.counts(works.namespace, "orders")
    assert any("ConnectionRefusedError" in each.note for each in standing)


async def test_a_trigger_that_is_paused_lets_its_connection_go(works: Works, broker: LineBroker) -> None:
    await declare(works, broker.url)
    place = works.store, works.namespace, "orders"

    async with watching(works) as watcher:
        broker.put("a", {"order": 1})
        await made(works, 1)
        await triggers.set_paused(*place, paused=True, actor="ada")
        watcher.wake()

        async def is_gone() -> bool:
            return not broker.is_connected

        await eventually_async(is_gone)
        broker.put("b", {"order": 2})
        await triggers.set_paused(*place, paused=False, actor="ada")
        watcher.wake()
        await made(works, 2)

    assert broker.connections == 2


async def test_a_folder_is_a_source(works: Works, tmp_path: Path) -> None:
    file = tmp_path / "1.json"
    file.write_bytes(b'{"order":1}')
    await declare(works, f"spool://{tmp_path}")

    async with watching(works):
        found = await made(works, 1)

        async def empty() -> bool:
            return not file.exists()

        await eventually_async(empty)

    assert found == [b'{"order":1}']


async def test_a_source_that_no_app_knows_is_left_to_others(
    works: Works, caplog: pytest.LogCaptureFixture
) -> None:
    await declare(works, "nats://127.0.0.1/orders")

    async with watching(works) as watcher:
        await watcher.tick()
        await watcher.tick()

    [told] = [record for record in caplog.records if "no source for nats://" in record.getMessage()]
    assert "belt.source('nats', …)" in told.getMessage()
