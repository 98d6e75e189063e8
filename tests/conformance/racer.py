"""One of several processes that do the same thing to one store at once.

Started as `python -m tests.conformance.racer TASK` (see `Race`); says `ready` on its output, begins when a
line comes in, and answers with one line of JSON. Time stands still at the task's `now`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, TypedDict

from beltline.core.errors import LeaseLost
from beltline.core.job import ClaimedJob
from beltline.core.outcome import Ending
from beltline.core.states import JobState
from tests.clocks import FakeClock
from tests.conformance.builders import change_to, ended
from tests.conformance.stores import Place
from tests.conformance.world import World, opened

BATCH: Final = 7
ROOT: Final = Path(__file__).resolve().parents[2]


Verb: TypeAlias = Literal["claim", "work", "insert", "settle", "rescue"]


class Task(TypedDict):
    """What a racer does. `session` is the one it claims for, or whose jobs it settles or rescues."""

    verb: Verb
    url: str
    namespace: str
    now: int
    session: str
    keys: list[str]


async def claim(world: World, task: Task) -> list[Any]:
    """Claim until nothing is left; return (id, fence) of each job."""
    taken: list[Any] = []
    while claimed := await world.claim(session=task["session"], limit=BATCH):
        taken.extend((job.id, job.fence) for job in claimed)
    return taken


async def work(world: World, task: Task) -> list[Any]:
    """Claim and settle until nothing is left; return the ids settled here."""
    done: list[Any] = []
    try:
        while claimed := await world.claim(session=task["session"], limit=BATCH):
            done.extend(await settled(world, claimed))
    except LeaseLost:
        pass
    return done


async def settled(world: World, claimed: Sequence[ClaimedJob]) -> list[str]:
    changes = [change_to(job, JobState.SUCCEEDED, world.now) for job in claimed]
    lost = {miss.id for miss in await world.apply(*changes)}
    return [job.id for job in claimed if job.id not in lost]


async def insert(world: World, task: Task) -> list[Any]:
    """Insert one job for each key; return (id, outcome) of each."""
    answers = []
    for key in task["keys"]:
        answers.extend(await world.insert(world.new(idempotency_key=key)))
    return answers


async def settle(world: World, task: Task) -> list[Any]:
    """Settle what the session holds, in small batches; return the ids that were ours to settle."""
    held = sorted(await world.store.jobs.held(world.namespace, task["session"]))
    done: list[Any] = []
    for start in range(0, len(held), BATCH):
        done.extend(await settled(world, held[start : start + BATCH]))
    return done


async def rescue(world: World, task: Task) -> list[Any]:
    """Rescue what the session holds, in small batches from the other end; return the ids rescued here."""
    held = sorted(await world.store.jobs.held(world.namespace, task["session"]), reverse=True)
    done: list[Any] = []
    for start in range(0, len(held), BATCH):
        batch = held[start : start + BATCH]
        lost = {miss.id for miss in await world.apply(*(ended(job, Ending.LOST, world.now) for job in batch))}
        done.extend(job.id for job in batch if job.id not in lost)
    return done


VERBS: Final = {"claim": claim, "work": work, "insert": insert, "settle": settle, "rescue": rescue}


class Race:
    """Racers that begin together. Each must end well; `run` returns their answers."""

    def __init__(self, world: World) -> None:
        self._world = world

    def task(self, verb: Verb, *, session: str = "", keys: Sequence[str] = ()) -> Task:
        world = self._world
        return Task(
            verb=verb,
            url=world.place.url,
            namespace=world.namespace,
            now=world.now,
            session=session,
            keys=list(keys),
        )

    async def run(self, tasks: Sequence[Task]) -> list[list[Any]]:
        racers = [await self._start(task) for task in tasks]
        for racer in racers:
            assert racer.stdout is not None
            assert (await racer.stdout.readline()).strip() == b"ready"
        outputs = await asyncio.gather(*(racer.communicate(b"go\n") for racer in racers))
        assert [racer.returncode for racer in racers] == [0] * len(racers)
        return [json.loads(output) for output, _ in outputs]

    @staticmethod
    async def _start(task: Task) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.conformance.racer",
            json.dumps(task),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(task: Task) -> None:
    clock = FakeClock(task["now"])
    place = Place(task["url"])
    async with opened(place, clock) as store:
        world = World(place, store, clock, task["namespace"])
        say("ready")
        sys.stdin.readline()
        say(json.dumps(await VERBS[task["verb"]](world, task)))


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
