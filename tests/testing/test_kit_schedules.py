"""Schedules under test: they tick when time passes, and are missed when nobody looks."""

from __future__ import annotations

from beltline.client.beltline import Beltline
from beltline.definitions.schedule import Schedule
from beltline.testing.clock import NOON
from beltline.testing.kit import Kit


def made(schedule: Schedule) -> tuple[Beltline, list[str]]:
    belt, seen = Beltline(), list[str]()

    async def note(tick: str) -> None:
        seen.append(tick)

    belt.schedule(belt.job(note), schedule, tick_field="tick")
    return belt, seen


async def test_a_schedule_ticks_when_time_passes() -> None:
    belt, seen = made(Schedule(every="1h"))
    async with Kit(belt) as kit:
        assert await kit.advance("3h") == 3

    assert seen == [f"2030-01-01T{hour}:00:00+00:00" for hour in (13, 14, 15)]


async def test_ticks_that_nobody_looked_at_are_made_up_for_by_the_policy() -> None:
    belt, seen = made(Schedule(every="1h", misfire="all", misfire_limit=2, overlap="allow"))
    async with Kit(belt) as kit:
        kit.clock.move_to(NOON + 5 * 3_600_000_000 + 1_800_000_000)
        assert await kit.drain() == 2

    assert seen == [f"2030-01-01T{hour}:00:00+00:00" for hour in (16, 17)]
