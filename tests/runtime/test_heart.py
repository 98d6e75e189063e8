"""The heartbeat goes on, whatever happens to the worker's loop, the store, or those who watch with it."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from beltline.core.clock import SystemClock
from beltline.core.errors import StoreUnavailable
from beltline.runtime.heart import Heart, Pulse, Watch
from beltline.store.contract import Store
from beltline.store.params import BeatReply, NewSession
from beltline.store.sqlite.store import SqliteStore
from tests.clocks import FakeClock
from tests.waiting import eventually, eventually_async

T = TypeVar("T")

TWENTY_MS = 20_000


class Chest:
    """A store on a file, a session in it, and the heart that beats for it."""

    def __init__(self, path: Path, store: SqliteStore) -> None:
        self.path = path
        self.store = store
        self.session = "one"
        self.replies: list[tuple[str, BeatReply]] = []
        self.threads: set[str] = set()
        self.errors: list[Exception] = []

    async def open(self, session: str) -> None:
        await self.store.sessions.open(
            NewSession(
                namespace="default",
                id=session,
                name=session,
                host="here",
                pid=1,
                lease_us=1,
                queues=None,
                concurrency=1,
                now=self.store.now(),
            )
        )

    def heart(self, *watches: Watch) -> Heart:
        return Heart(
            lambda: SqliteStore(str(self.path), clock=SystemClock(), hop=self._hop),
            "default",
            session=lambda: self.session,
            interval_us=TWENTY_MS,
            replied=self._replied,
            watches=watches,
        )

    def beats(self, session: str = "one") -> int:
        """How often it beat, asked past the event loop."""
        with sqlite3.connect(self.path) as connection:
            [(found,)] = connection.execute("SELECT beats FROM sessions WHERE id = ?", (session,)).fetchall()
        connection.close()
        return int(found)

    async def has_beaten(self, times: int) -> None:
        async def enough() -> bool:
            return self.beats(self.session) >= times

        await eventually_async(enough)

    async def _hop(self, work: Callable[[], T], /) -> T:
        if self.errors:
            raise self.errors.pop(0)
        return work()

    def _replied(self, session: str, reply: BeatReply) -> None:
        self.replies.append((session, reply))
        self.threads.add(threading.current_thread().name)


@pytest.fixture
async def chest(tmp_path: Path) -> AsyncIterator[Chest]:
    path = tmp_path / "beltline.db"
    store = SqliteStore(str(path), clock=SystemClock())
    await store.open()
    made = Chest(path, store)
    await made.open("one")
    yield made
    await store.close()


@pytest.fixture
async def heart(chest: Chest) -> AsyncIterator[Heart]:
    made = chest.heart()
    yield made
    await made.stop()


async def test_it_beats_and_hands_replies_to_the_workers_loop(chest: Chest, heart: Heart) -> None:
    heart.start()
    await chest.has_beaten(3)

    async def replied() -> bool:
        return len(chest.replies) >= 3

    await eventually_async(replied)
    assert chest.replies[0] == ("one", BeatReply(alive=True, requests=[]))
    assert chest.threads == {threading.current_thread().name}


async def test_it_beats_while_the_loop_is_blocked(chest: Chest, heart: Heart) -> None:
    heart.start()
    await chest.has_beaten(1)

    before = chest.beats()
    eventually(lambda: chest.beats() >= before + 3)


async def test_it_beats_for_the_session_of_the_moment(chest: Chest, heart: Heart) -> None:
    await chest.open("two")
    heart.start()
    await chest.has_beaten(1)

    chest.session = "two"

    await chest.has_beaten(2)


async def test_that_a_session_was_ended_is_told(chest: Chest, heart: Heart) -> None:
    await chest.store.sessions.close("default", "one", chest.store.now())

    heart.start()

    async def is_told() -> bool:
        return bool(chest.replies)

    await eventually_async(is_told)
    assert not chest.replies[0][1].alive


@pytest.mark.parametrize(
    "error", [StoreUnavailable("away"), ZeroDivisionError("a defect"), OSError("odd")], ids=str
)
async def test_no_error_stops_it(
    chest: Chest, heart: Heart, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    chest.errors = [error] * 3
    with caplog.at_level(logging.WARNING, "beltline"):
        heart.start()
        await chest.has_beaten(2)

    assert len(caplog.records) == 3


async def test_those_who_watch_with_it_are_called(chest: Chest) -> None:
    class Watcher:
        looks = 0

        async def look(self, store: Store) -> None:
            self.looks += 1

    watcher = Watcher()
    heart = chest.heart(watcher)
    heart.start()

    async def has_looked() -> bool:
        return watcher.looks >= 3

    await eventually_async(has_looked)
    await heart.stop()


async def test_a_watch_that_breaks_does_not_stop_it(chest: Chest, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        async def look(self, store: Store) -> None:
            raise ZeroDivisionError

    heart = chest.heart(Broken())
    with caplog.at_level(logging.ERROR, "beltline"):
        heart.start()
        await chest.has_beaten(3)
        await heart.stop()

    assert caplog.records[0].getMessage() == "Broken failed"


async def test_stopped_it_beats_no_more(chest: Chest, heart: Heart) -> None:
    heart.start()
    await chest.has_beaten(1)

    await heart.stop()

    assert "beltline-heart" not in {thread.name for thread in threading.enumerate()}
    await heart.stop()


async def test_it_may_be_stopped_before_it_ever_beat(heart: Heart) -> None:
    await heart.stop()


async def test_a_pulse_shows_how_long_the_loop_did_not_turn() -> None:
    clock = FakeClock()
    pulse = Pulse(clock)
    clock.advance(3_000_000)
    assert pulse.still_for() == 3_000_000

    pulse.beat()

    assert (pulse.still_for(), pulse.at) == (0, 3_000_000)
    pulse.stop()


async def test_a_pulse_beats_by_itself_while_the_loop_turns() -> None:
    clock = FakeClock()
    pulse = Pulse(clock)
    clock.advance(1_000_000)

    async def has_beaten() -> bool:
        return pulse.still_for() == 0

    await eventually_async(has_beaten)
    pulse.stop()
    await asyncio.sleep(0)
