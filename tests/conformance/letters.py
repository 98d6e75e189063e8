"""Dead letters with the error that a test cares about."""

from __future__ import annotations

import json
from typing import Any

from beltline.core.failure import failure
from beltline.core.ids import new_id
from beltline.core.job import Job
from beltline.core.states import JobState
from beltline.store.dead_letters import DeadGroup, FindLetters, LetterFilter, ListGroups
from beltline.store.replays import AdvanceRun, NewRun, ReplayRun, StartRun
from tests.conformance.builders import change_to
from tests.conformance.world import World


def print_of(error: bytes) -> str:
    """Return the fingerprint in a record."""
    found: str = json.loads(error)["fingerprint"]
    return found


async def die(world: World, error: bytes | None, **fields: object) -> Job:
    """Bring a new job to the dead letters with this error, a moment after the last one."""
    world.clock.advance(1_000)
    claimed = await world.running(**fields)
    assert not await world.apply(change_to(claimed, JobState.FAILED, world.now, error=error))
    return await world.job(claimed.id)


async def die_again(world: World, error: bytes | None) -> None:
    """Run the one queued job, which fails for good with this error."""
    world.clock.advance(1_000)
    (claimed,) = await world.claim()
    assert not await world.apply(change_to(claimed, JobState.FAILED, world.now, error=error))


async def groups(world: World, **given: object) -> list[DeadGroup]:
    page = await world.store.dead_letters.groups(ListGroups(namespace=world.namespace, **given))  # type: ignore[arg-type]
    return page.items


async def found(world: World, where: LetterFilter | None = None, **given: object) -> list[str]:
    """Return the ids of the letters that a filter means."""
    params = FindLetters(
        namespace=world.namespace,
        where=where or LetterFilter(),
        **{"until": world.now + 1, **given},  # type: ignore[arg-type]
    )
    return [letter.id for letter in await world.store.dead_letters.find(params)]


async def begin(world: World, **fields: Any) -> ReplayRun:
    """Begin a run that replays all letters."""
    base = NewRun(
        id=new_id(world.now, world.random),
        fingerprint=None,
        definition=None,
        queue=None,
        labels=None,
        rate="60/m",
        stop_on_same_error=True,
        policy="",
        total=1,
        next_at=world.now,
        actor="ann",
        why="mended",
        created_at=world.now,
    )
    run = base._replace(**fields)
    await world.store.replays.start(StartRun(namespace=world.namespace, run=run, now=world.now))
    return await run_of(world, run.id)


async def run_of(world: World, run_id: str) -> ReplayRun:
    run = await world.store.replays.get(world.namespace, run_id)
    assert run is not None
    return run


async def advance(world: World, run: ReplayRun, *ids: str) -> list[str] | None:
    """Replay these letters for the run, as the worker does that is first."""
    params = AdvanceRun(
        namespace=world.namespace,
        run_id=run.id,
        next_at=run.next_at,
        then_at=run.next_at + 1_000_000,
        ids=ids,
        now=world.now,
    )
    return await world.store.replays.advance(params)


TIMED_OUT = failure("TimeoutError", "no answer in 5 s", place="shop.pay")
REFUSED = failure("ConnectionError", "refused by 10.0.0.7", place="shop.pay")
