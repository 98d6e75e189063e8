"""Few submits are in work while others ask, the rest wait in line, and nobody who gives up holds a place."""

from __future__ import annotations

import asyncio

from beltline.api.turnstile import FEW, HOLD_S, MANY, MOST_WAITING, QUIET_US, Turnstile
from beltline.wire.problems import Refused
from tests.clocks import FakeClock


class Line:
    """Submits at a turnstile: who is inside, in the order of coming in."""

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self.clock = FakeClock()
        self.turnstile = Turnstile(clock=self.clock, most_waiting=most_waiting)
        self.inside: list[int] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.doors: list[asyncio.Event] = []

    async def come(self, number: int) -> None:
        self.doors = [asyncio.Event() for _ in range(number)]
        self.tasks = [asyncio.create_task(self._pass(place)) for place in range(number)]
        await self.settle()

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def _pass(self, place: int) -> None:
        async with self.turnstile.turn():
            self.inside.append(place)
            await self.doors[place].wait()

    async def end(self) -> None:
        for door in self.doors:
            door.set()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_few_are_inside_while_others_ask_and_the_first_that_came_is_next() -> None:
    line = Line()
    line.turnstile.note_other()
    await line.come(FEW + 2)

    before = list(line.inside)
    line.doors[1].set()
    await line.settle()
    after = list(line.inside)
    await line.end()

    assert before == list(range(FEW))
    assert after == list(range(FEW + 1))


async def test_many_are_inside_while_nobody_else_asks() -> None:
    line = Line()
    line.turnstile.note_other()
    line.clock.advance(QUIET_US)
    await line.come(MANY + 1)

    inside = list(line.inside)
    await line.end()

    assert inside == list(range(MANY))


async def test_who_gives_up_leaves_its_place_to_the_next() -> None:
    line = Line()
    line.turnstile.note_other()
    await line.come(FEW + 3)

    line.tasks[FEW].cancel()
    line.doors[0].set()
    # It gives up in the same turn in which its place is given.
    line.tasks[0].add_done_callback(lambda _: line.tasks[FEW + 1].cancel())
    await line.settle()
    line.doors[1].set()
    await line.settle()
    inside = list(line.inside)
    await line.end()

    assert inside[:FEW] == list(range(FEW))
    assert FEW + 2 in inside
    assert FEW not in inside


async def test_a_line_that_is_too_long_is_refused() -> None:
    line = Line(most_waiting=3)
    line.turnstile.note_other()
    await line.come(FEW + 4)

    refused = line.tasks[-1].exception()
    await line.end()

    assert isinstance(refused, Refused)
    assert (refused.reason_code, refused.status) == ("too_many_submits", 429)
    assert sorted(line.inside) == list(range(FEW + 3))


async def test_who_is_refused_is_kept_for_a_moment_while_others_ask() -> None:
    turnstile = Turnstile(clock=FakeClock())
    turnstile.note_other()
    held = asyncio.create_task(turnstile.hold())

    done, _ = await asyncio.wait([held], timeout=HOLD_S / 2)

    assert not done
    await held


async def test_who_is_refused_is_kept_by_nothing_while_nobody_else_asks() -> None:
    clock = FakeClock()
    turnstile = Turnstile(clock=clock)
    turnstile.note_other()
    clock.advance(QUIET_US)
    held = asyncio.create_task(turnstile.hold())
    await asyncio.sleep(0)

    assert held.done()


async def test_where_many_are_kept_already_the_next_one_is_not() -> None:
    turnstile = Turnstile(clock=FakeClock(), most_waiting=1)
    turnstile.note_other()
    first = asyncio.create_task(turnstile.hold())
    await asyncio.sleep(0)
    second = asyncio.create_task(turnstile.hold())
    await asyncio.sleep(0)

    assert (first.done(), second.done()) == (False, True)
    await first
