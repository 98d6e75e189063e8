"""Schedulers in the simulation: processes that fire, are killed, stall and lose replies, beside workers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from itertools import pairwise
from typing import Final

from beltline.core.clock import HOUR, MICROS
from beltline.core.durations import moment_text
from beltline.core.errors import BeltlineError, StoreError
from beltline.core.schedule import walk
from beltline.core.states import FINAL
from beltline.definitions.schedule import Schedule
from beltline.definitions.timetable import stored_timetable
from beltline.engine import schedules, ticking, upkeep
from beltline.engine.schedules import ScheduleRequest
from beltline.store.schedules import Fire, FireOutcome
from tests.simulation.chores import rescuer
from tests.simulation.seeds import Played
from tests.simulation.witness import Violation
from tests.simulation.worker import Worker
from tests.simulation.world import DEFINITIONS, NAMESPACE, World

MAIN_HOPS: Final = 900
CALM_HOPS: Final = 30_000
LASTS: Final = 40 * MICROS
OVERLAPS: Final = ("allow", "skip", "buffer", "cancel")


def play(seed: int) -> Played:
    """Run one seed: a while of trouble, then calm until all schedules have ended and all jobs are final."""
    with World(seed) as world:
        simulation = world.simulation
        fault = None
        begin = world.clock.now()
        _populate(world, begin)
        try:
            simulation.run(lambda: False, most_hops=MAIN_HOPS)
            world.now_calm()
            simulation.run(lambda: _at_rest(world), most_hops=CALM_HOPS)
            for overlap in OVERLAPS:
                _judge(world, overlap, begin)
        except Violation as violation:
            fault = str(violation)
        return Played(simulation.trace, fault, len(world.witness.jobs), simulation.hops)


def _populate(world: World, begin: int) -> None:
    for number, overlap in enumerate(OVERLAPS):
        when = Schedule(
            every=3 + number,
            start=moment_text(begin),
            end=moment_text(begin + LASTS),
            overlap=overlap,  # type: ignore[arg-type]
            misfire_grace="8s",
        )
        request = ScheduleRequest(name=overlap, definition=DEFINITIONS[number % 2], schedule=when)
        world.read(lambda store, request=request: schedules.create(store, NAMESPACE, request, actor="sim"))  # type: ignore[misc]
    spawn = world.simulation.spawn
    spawn("clock", _clock(world), mortal=False)
    spawn("rescuer", rescuer(world))
    spawn("operator", _operator(world))
    for name in ("scheduler-a", "scheduler-b", "scheduler-c"):
        spawn(name, _scheduler(world))
    for name in ("worker-a", "worker-b"):
        spawn(name, Worker(world, name).start)


def _clock(world: World) -> Callable[[int], list[Coroutine[None, None, None]]]:
    async def pass_time() -> None:
        while True:
            world.clock.advance(round(world.random.random() * MICROS) // 2)
            await world.simulation.pause()

    return lambda _: [pass_time()]


def _scheduler(world: World) -> Callable[[int], list[Coroutine[None, None, None]]]:
    """The real verbs, and the upkeep that delayed jobs need."""

    async def schedule() -> None:
        timetables = ticking.Timetables()
        while True:
            try:
                await ticking.turn(world.store, NAMESPACE, timetables, random=world.random)
                await ticking.release(world.store, NAMESPACE, timetables, random=world.random)
                await upkeep.stage(world.store, NAMESPACE)
            except StoreError as error:
                logging.getLogger(__name__).debug("scheduling: %s", error)
            for _ in range(3):
                await world.simulation.pause()

    return lambda _: [schedule()]


def _operator(world: World) -> Callable[[int], list[Coroutine[None, None, None]]]:
    """Fire by hand now and then, on the schedule whose jobs may overlap."""

    async def operate() -> None:
        while True:
            if not world.calm and world.chance(0.05):
                try:
                    await schedules.fire(world.store, NAMESPACE, "allow", random=world.random, actor="op")
                except BeltlineError as refusal:
                    world.simulation.note(f"refused: {refusal.code}")
            await world.simulation.pause()

    return lambda _: [operate()]


def _at_rest(world: World) -> bool:
    outlook = world.read(lambda store: store.schedules.outlook(NAMESPACE))
    ended = outlook.next_at is None and not outlook.buffering
    return ended and all(job.state in FINAL for job in world.witness.jobs.values())


def _judge(world: World, name: str, begin: int) -> None:
    fires = world.read(lambda store: store.schedules.fires(NAMESPACE, name, limit=10_000))
    row = world.read(lambda store: store.schedules.get(NAMESPACE, name))
    assert row is not None
    ticks = list(walk(stored_timetable(row.spec).ticks, begin + 1))
    _judge_ticks(name, fires, ticks)
    jobs = [job for job in world.witness.jobs.values() if (job.labels or {}).get("schedule") == name]
    if any(job.state not in FINAL for job in jobs):
        raise Violation(f"{name}: it did not come to rest")
    made = sorted(fire.job_id or "" for fire in fires if fire.outcome is FireOutcome.SUBMITTED)
    if sorted(job.id for job in jobs) != made:
        raise Violation(f"{name}: its jobs are not those of its fires")
    if name != "allow":
        jobs.sort(key=lambda job: job.created_at)
        for earlier, later in pairwise(jobs):
            if later.created_at < (earlier.finished_at or HOUR):
                raise Violation(f"{name}: {later.id} was made before {earlier.id} had ended")


def _judge_ticks(name: str, fires: list[Fire], ticks: list[int]) -> None:
    """Each tick has one fire, or lies in one span of dropped ones."""
    seen = [
        fire.tick for fire in fires if fire.outcome is not FireOutcome.DROPPED and fire.reason != "manual"
    ]
    for fire in fires:
        if fire.outcome is FireOutcome.DROPPED:
            seen += [tick for tick in ticks if fire.tick <= tick < (fire.until or 0)]
        if fire.outcome is FireOutcome.BUFFERED:
            raise Violation(f"{name}: {fire.tick} waits for ever")
    if sorted(seen) != ticks:
        raise Violation(f"{name}: {len(seen)} ticks became something, {len(ticks)} there were")
