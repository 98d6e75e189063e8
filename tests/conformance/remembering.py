"""The verbs of steps, with namespace and time filled in."""

from __future__ import annotations

from beltline.store.steps import (
    EnterOnce,
    NewEntry,
    NewPosition,
    NewStep,
    OnceOutcome,
    RecordSteps,
    Remembered,
    SavePositions,
    StepOutcome,
)
from tests.conformance.world import World


async def record(world: World, *steps: NewStep) -> list[StepOutcome]:
    return await world.store.steps.record(RecordSteps(namespace=world.namespace, steps=steps, now=world.now))


async def record_with(world: World, conn: object, step: NewStep) -> StepOutcome:
    params = RecordSteps(namespace=world.namespace, steps=[step], now=world.now)
    return await world.store.steps.record_with(conn, params)


async def save(world: World, *positions: NewPosition) -> list[bool]:
    return await world.store.steps.save(
        SavePositions(namespace=world.namespace, positions=positions, now=world.now)
    )


async def enter(world: World, *entries: NewEntry) -> list[OnceOutcome]:
    return await world.store.steps.enter(EnterOnce(namespace=world.namespace, entries=entries, now=world.now))


async def memory(world: World, *job_ids: str) -> list[Remembered]:
    return await world.store.steps.load(world.namespace, job_ids)


async def results(world: World, job_id: str) -> dict[str, bytes]:
    """What a job remembers, by name."""
    return {each.name: each.value for each in await memory(world, job_id)}
