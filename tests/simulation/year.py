"""A long time of many schedules on a virtual clock, looked at by schedulers that die at random.

The clock goes from tick to tick, at times past some of them: within the grace, or by an outage of hours. It
moves only when nothing is due, so that the moments at which schedulers could look are known; from these and
from an independent calculation of the ticks follows what must become of each.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from beltline.core.clock import DAY, HOUR, MICROS, MINUTE
from beltline.core.durations import moment_text
from beltline.core.errors import StoreError
from beltline.definitions.schedule import Schedule
from beltline.engine import schedules, ticking
from beltline.engine.schedules import ScheduleRequest
from beltline.store.params import Definition
from beltline.store.schedules import Fire, FireOutcome
from beltline.store.sqlite.store import SqliteStore
from beltline.testing.simulation import Simulation, crash_at_random
from tests.almanac import EPOCH, Almanac
from tests.clocks import FakeClock

T = TypeVar("T")

NAMESPACE: Final = "year"
SCHEDULERS: Final = 2
CRASH_CHANCE: Final = 0.01
ZONES: Final = (
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Africa/Cairo",
    "America/Santiago",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "UTC",
)
LINES: Final = (
    "30 2 * * *",
    "0 3 * * 1-5",
    "15 0,12 * * 2,4",
    "0,30 1-3 * * 0",
    "59 23 28-31 * *",
    "5 4 1,15 * *",
    "45 */6 * * 1",
    "10 2 * 3,4,9-11 *",
)
HOURLY: Final = ("20 * * * *", "*/30 1-3 * * *")


class Known(NamedTuple):
    """A schedule, and its ticks by the independent calculation."""

    name: str
    schedule: Schedule
    ticks: list[int]


def mixed(number: int, since: int, until: int, chance: random.Random) -> Known:
    """Return one of many different schedules of the time from `since` to `until`."""
    zone = ZONES[number % len(ZONES)]
    policy: dict[str, Any] = {
        "zone": zone,
        "overlap": "allow",
        "misfire": ("once", "all", "skip")[number % 3],
        "misfire_limit": 3,
        "misfire_window": "9h",
        "misfire_grace": ("6h", "6h", "1m")[number // 3 % 3],
        "jitter": (0, 0, 90)[number // 7 % 3],
    }
    if number % 9 == 4:
        interval, start = (
            chance.choice((6, 9, 24)) * HOUR,
            since + chance.randrange(1, DAY // MICROS) * MICROS,
        )
        policy |= {"every": interval // MICROS, "start": moment_text(start)}
        return Known(f"s{number:03}", Schedule(**policy), list(range(start, until + 1, interval)))
    if number % 25 == 7:
        at = since + chance.randrange(1, (until - since) // MINUTE) * MINUTE
        return Known(f"s{number:03}", Schedule(at=moment_text(at), **policy), [at])
    line = HOURLY[number // 80 % 2] if number % 80 == 1 else LINES[number % len(LINES)]
    found = Almanac(line, ZoneInfo(zone)).ticks(since + 1, until + 1)
    if number % 5 == 2:
        first = (EPOCH + timedelta(microseconds=since)).date() + timedelta(days=chance.randrange(5, 200))
        last = first + timedelta(days=chance.randrange(3))
        policy["without"] = [f"{first}/{last}", "12-25"]
        found = [tick for tick in found if not left_out(day_of(tick, zone), first, last)]
    if number % 11 == 3:
        fifth = (until - since) // 5
        start, end = since + chance.randrange(1, fifth), until - chance.randrange(1, fifth)
        policy |= {"start": moment_text(start), "end": moment_text(end)}
        found = [tick for tick in found if start <= tick <= end]
    return Known(f"s{number:03}", Schedule(cron=line, **policy), found)


def day_of(tick: int, zone: str) -> date:
    return (EPOCH + timedelta(microseconds=tick)).astimezone(ZoneInfo(zone)).date()


def left_out(day: date, first: date, last: date) -> bool:
    return first <= day <= last or (day.month, day.day) == (12, 25)


class Year:
    """The store, the clock and the schedulers of one seed."""

    def __init__(self, seed: int, known: list[Known], since: int, until: int) -> None:
        self.random = random.Random(seed)
        self.clock = FakeClock(since)
        self.known = [each for each in known if each.ticks]
        self.until = until
        self.looks = [since]
        self.crashes = 0
        self.simulation = Simulation(self.random, crashes=self._strike)
        self._crash = crash_at_random(self.random, CRASH_CHANCE)
        self.store = SqliteStore(None, clock=self.clock, hop=self._hop)
        self._is_over = False

    def play(self) -> None:
        """Make the schedules and let all the time pass."""
        drive(self.store.open())
        definition = Definition(name="noop", version="1", queue="default", schema="{}", policies="{}")
        drive(self.store.definitions.apply(NAMESPACE, [definition], self.clock.now()))
        for each in self.known:
            request = ScheduleRequest(name=each.name, definition="noop", schedule=each.schedule)
            drive(schedules.create(self.store, NAMESPACE, request, actor="test"))
        self.simulation.spawn("clock", lambda _: [self._pass_time()], mortal=False)
        for number in range(SCHEDULERS):
            self.simulation.spawn(f"scheduler-{number}", lambda _: [self._schedule()])
        done = self.simulation.run(lambda: self._is_over, most_hops=20_000_000)
        assert done
        self.simulation.close()

    def fires(self, known: Known) -> list[Fire]:
        """Return what became of a schedule's ticks, the oldest first."""
        found = drive(self.store.schedules.fires(NAMESPACE, known.name, limit=1_000_000))
        return found[::-1]

    def close(self) -> None:
        drive(self.store.close())

    def _strike(self, process: str, hop: int) -> bool:
        struck = self._crash(process, hop)
        self.crashes += struck
        return struck

    async def _hop(self, call: Callable[[], T]) -> T:
        if self.simulation.current is None:
            return call()
        return await self.simulation.hop(call)

    async def _schedule(self) -> None:
        """The real verbs, as any scheduler calls them; one that crashed begins with no timetables."""
        timetables = ticking.Timetables()
        while True:
            try:
                await ticking.turn(self.store, NAMESPACE, timetables, random=self.random)
            except StoreError as error:
                self.simulation.note(str(error))
            await self.simulation.pause()

    async def _pass_time(self) -> None:
        while not self._is_over:
            due = self._unseen(lambda: drive(self.store.schedules.outlook(NAMESPACE)).next_at)
            now = self.clock.now()
            if due is None or due > self.until:
                self._is_over = True
            elif due > now:
                self.clock.advance(min(due - now + self._delay(), self.until - now))
                self.looks.append(self.clock.now())
            await self.simulation.pause()

    def _unseen(self, call: Callable[[], T]) -> T:
        """Ask the store at once, as no part of the simulation."""
        task, self.simulation.current = self.simulation.current, None
        try:
            return call()
        finally:
            self.simulation.current = task

    def _delay(self) -> int:
        """Return how much later than the tick anyone looks: within hours, seldom by more than a day."""
        drawn = self.random.random()
        if drawn < 0.005:
            return self.random.randrange(40 * HOUR)
        return self.random.randrange(6 * HOUR) if drawn < 0.7 else 0


def expected(known: Known, looks: list[int]) -> Iterator[tuple[int, FireOutcome, str]]:
    """Yield what must become of the ticks, given when somebody looked; of dropped ones the first stands."""
    schedule = known.schedule
    grace = 6 * HOUR if schedule.misfire_grace == "6h" else MINUTE
    most = {"once": 1, "all": schedule.misfire_limit, "skip": 0}[schedule.misfire]
    ticks = iter(known.ticks)
    tick = next(ticks, None)
    for look in looks:
        seen: list[int] = []
        while tick is not None and tick <= look:
            seen.append(tick)
            tick = next(ticks, None)
        late = [each for each in seen if look - each > grace]
        young = [each for each in late if look - each <= 9 * HOUR]
        fired = young[-most:] if most else []
        dropped = late[: len(late) - len(fired)]
        if dropped:
            yield dropped[0], FireOutcome.DROPPED, "late"
        yield from ((each, FireOutcome.SUBMITTED, "late") for each in fired)
        yield from ((each, FireOutcome.SUBMITTED, "due") for each in seen if look - each <= grace)


def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never yields to its end."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        value: T = end.value
        return value
    raise AssertionError("a verb yielded outside of the simulation")


def begin_of(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp()) * MICROS


def shape(known: Known) -> str:
    return json.dumps(known.schedule.shape())
