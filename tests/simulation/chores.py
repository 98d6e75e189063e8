"""Actors that are neither submitter nor worker: the clock, the rescuer, the operator, and upkeep."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine

from beltline.core.clock import MICROS, MINUTE
from beltline.core.errors import BeltlineError, StoreError
from beltline.core.rate import rate_of
from beltline.core.states import FINAL, JobState
from beltline.engine import control, replays, upkeep
from beltline.runtime.rescuer import Rescuer
from beltline.store.dead_letters import LetterFilter
from tests.simulation.world import DEFINITIONS, NAMESPACE, World

_ACTOR = "op"


def clock(world: World) -> Callable[[int], list[Coroutine[None, None, None]]]:
    """Let time pass; now and then somebody sets the wall clock, forwards or back."""

    async def pass_time() -> None:
        while True:
            world.clock.advance(round(world.random.random() * MICROS) // 2)
            if world.calm:
                _skip_idle_time(world)
            elif world.chance(0.004):
                world.clock.jump(round((world.random.random() - 0.5) * 10 * MINUTE))
                world.simulation.note("the wall clock jumps")
            await world.simulation.pause()

    return lambda _: [pass_time()]


def _skip_idle_time(world: World) -> None:
    """Where all that is left waits for its time, let it come."""
    left = [job for job in world.witness.jobs.values() if job.state not in FINAL]
    if left and all(job.state in {JobState.SCHEDULED, JobState.RETRYING} for job in left):
        due = min(job.run_at or 0 for job in left)
        world.clock.jump(max(0, due - world.clock.now()))


def rescuer(world: World) -> Callable[[int], list[Coroutine[None, None, None]]]:
    """The real one; a crashed one forgets what it has watched."""

    async def rescue() -> None:
        watching = Rescuer(world.store, NAMESPACE, clock=world.clock, random=world.random, own=str)
        while True:
            try:
                await watching.tick()
            except StoreError as error:
                logging.getLogger(__name__).debug("rescuing: %s", error)
            for _ in range(4):
                await world.simulation.pause()

    return lambda _: [rescue()]


def housekeeper(world: World) -> Callable[[int], list[Coroutine[None, None, None]]]:
    """Stage, end the overdue, fold, and seldom prune."""

    async def keep() -> None:
        while True:
            try:
                await upkeep.stage(world.store, NAMESPACE)
                await upkeep.end_overdue(world.store, NAMESPACE)
                await replays.tick(world.store, NAMESPACE)
                if world.chance(0.3):
                    await upkeep.fold(world.store, NAMESPACE)
                if world.chance(0.05):
                    await upkeep.prune(world.store, NAMESPACE, history_days=0, dead_days=1, ledger_days=1)
            except StoreError as error:
                logging.getLogger(__name__).debug("upkeep: %s", error)
            for _ in range(4):
                await world.simulation.pause()

    return lambda _: [keep()]


def operator(world: World) -> Callable[[int], list[Coroutine[None, None, None]]]:
    """Do something to a job or a queue now and then; when all is calm, undo every pause."""

    async def operate() -> None:
        while True:
            try:
                await (_undo_pauses(world) if world.calm else _act(world))
            except BeltlineError as refusal:
                world.simulation.note(f"refused: {refusal.code}")
            for _ in range(3):
                await world.simulation.pause()

    return lambda _: [operate()]


async def _act(world: World) -> None:
    store = world.store
    if world.chance(0.1):
        queue = DEFINITIONS[world.below(len(DEFINITIONS))]
        await control.pause_queue(store, NAMESPACE, queue, paused=world.chance(0.5), actor=_ACTOR)
        return
    if world.chance(0.05):
        await _replay_many(world)
        return
    unfinished = [job.id for job in world.witness.jobs.values() if job.state not in FINAL]
    known = unfinished if unfinished and world.chance(0.7) else sorted(world.attempted)
    if not known:
        return
    actions: list[Callable[..., Awaitable[object]]] = [
        control.cancel,
        control.pause,
        control.resume,
        control.retry,
        control.replay,
        control.discard,
        control.resume,
        control.replay,
    ]
    action = actions[world.below(len(actions))]
    await action(store, NAMESPACE, known[world.below(len(known))], actor=_ACTOR)


async def _replay_many(world: World) -> None:
    """Begin a replay run, or end one."""
    open_runs = await world.store.replays.page(NAMESPACE)
    if open_runs and world.chance(0.5):
        await replays.cancel(world.store, NAMESPACE, open_runs[0].id, actor=_ACTOR)
        return
    await replays.start(
        world.store,
        NAMESPACE,
        LetterFilter(definition=DEFINITIONS[world.below(len(DEFINITIONS))]),
        rate=rate_of("5/s") if world.chance(0.8) else None,
        actor=_ACTOR,
        random=world.random,
    )


async def _undo_pauses(world: World) -> None:
    for queue in sorted(world.witness.paused_queues):
        await control.pause_queue(world.store, NAMESPACE, queue, paused=False, actor=_ACTOR)
    for job in list(world.witness.jobs.values()):
        if job.state is JobState.PAUSED:
            await control.resume(world.store, NAMESPACE, job.id, actor=_ACTOR)
