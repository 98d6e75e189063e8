"""In place: one piece of work for each verb, no thread, nothing of asyncio, whole if never answered."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from beltline.core.errors import StoreError
from beltline.store.hints import Hint
from beltline.store.sqlite.store import SqliteStore
from tests.clocks import FakeClock
from tests.conformance.stores import Place
from tests.conformance.world import World
from tests.drivers.sqlite.inside import connection_of

T = TypeVar("T")


class Crash(BaseException):
    """The end of a simulated process."""


class Hops:
    """Counts hops; crashes before or after the work of one of them."""

    def __init__(self) -> None:
        self.count = 0
        self.crash_before = 0
        self.crash_after = 0

    async def __call__(self, work: Callable[[], T], /) -> T:
        self.count += 1
        if self.count == self.crash_before:
            raise Crash
        done = work()
        if self.count == self.crash_after:
            raise Crash
        return done


async def test_a_verb_is_one_hop(path: Path) -> None:
    hops = Hops()
    store = SqliteStore(str(path), clock=FakeClock(), hop=hops)
    await store.open()
    world = World(Place(store.url), store, FakeClock(), "here")
    await world.session()

    before = hops.count
    await world.insert(*(world.new() for _ in range(10)))
    await store.reads.counts("here")

    assert hops.count - before == 2
    await store.close()


def test_a_verb_needs_no_event_loop_and_no_thread() -> None:
    store = SqliteStore(None, clock=FakeClock())
    world = World(Place(store.url), store, FakeClock(), "here")
    threads = threading.active_count()

    for call in (store.open(), world.insert(world.new()), store.reads.counts("here"), store.close()):
        with pytest.raises(StopIteration):
            call.send(None)

    assert threading.active_count() == threads


@pytest.mark.parametrize(("moment", "there"), [("crash_before", False), ("crash_after", True)])
async def test_a_crash_at_a_hop_leaves_a_verb_done_or_not_begun(path: Path, moment: str, there: bool) -> None:
    hops = Hops()
    store = SqliteStore(str(path), clock=FakeClock(), hop=hops)
    await store.open()
    world = World(Place(store.url), store, FakeClock(), "here")
    job = world.new()
    setattr(hops, moment, hops.count + 1)

    with pytest.raises(Crash):
        await world.insert(job)

    assert not connection_of(world).in_transaction
    assert bool(await store.reads.get("here", [job.id])) is there
    await store.close()


async def test_two_stores_in_place_take_turns_on_one_file(inline: World) -> None:
    other = SqliteStore(inline.store.url.removeprefix("sqlite:///"), clock=inline.clock, hop=Hops())
    await other.open()
    world = World(inline.place, other, inline.clock, inline.namespace)

    for _ in range(10):
        await inline.insert(inline.new())
        await world.insert(world.new())

    assert len(await inline.claim()) == 20
    await other.close()


async def test_a_store_in_place_hears_of_others_with_its_next_verb(inline: World) -> None:
    heard: list[Hint] = []
    await inline.store.wakeups.subscribe(inline.namespace, heard.append)
    other = SqliteStore(inline.store.url.removeprefix("sqlite:///"), clock=inline.clock, hop=Hops())
    await other.open()
    await World(inline.place, other, inline.clock, inline.namespace).insert(inline.new())
    await other.close()

    await inline.store.reads.counts(inline.namespace)

    assert set(heard) == set(Hint)


async def test_a_store_in_place_that_is_closed_says_so(inline: World) -> None:
    await inline.store.close()

    with pytest.raises(StoreError, match="closed"):
        await inline.insert(inline.new())
