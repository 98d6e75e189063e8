"""One of two processes that end prerequisites at the same moment, whenever they are told to.

Started as `python -m tests.conformance.meeting TASK`; says `ready`, then ends the job that each line of its
input names, tells its dependents, and says `done`. Time stands still at the task's `now`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from beltline.core.states import JobState
from tests.clocks import FakeClock
from tests.conformance.builders import change_to
from tests.conformance.linking import release
from tests.conformance.racer import ROOT, say
from tests.conformance.stores import Place
from tests.conformance.world import World, opened

PATIENCE_S: Final = 60.0


class Ender:
    """Such a process, seen from the test."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def heard(self, word: str) -> None:
        """Wait until it says the word."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            assert (await self._process.stdout.readline()).decode().strip() == word

    async def end(self, job_id: str) -> None:
        """Have it end a job, and wait until it has told the dependents."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{job_id}\n".encode())
        await self.heard("done")


@asynccontextmanager
async def two_enders(world: World) -> AsyncIterator[tuple[Ender, Ender]]:
    """Start two of them on the world's store; end them with the context."""
    task = json.dumps({"url": world.place.url, "namespace": world.namespace, "now": world.now})
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.conformance.meeting",
            task,
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(2)
    ]
    left, right = map(Ender, processes)
    try:
        await left.heard("ready")
        await right.heard("ready")
        yield left, right
    finally:
        for process in processes:
            await process.communicate(b"")


async def main(task: dict[str, object]) -> None:
    """Do what the lines of the input say until it ends."""
    clock = FakeClock(int(str(task["now"])))
    place = Place(str(task["url"]))
    async with opened(place, clock) as store:
        world = World(place, store, clock, str(task["namespace"]))
        say("ready")
        for line in sys.stdin:
            job = await world.job(line.strip())
            assert await world.apply(change_to(job, JobState.SUCCEEDED, world.now)) == []
            await release(world)
            say("done")


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
