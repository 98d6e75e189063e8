"""What steps cost: `python -m beltline.proof.steps [--jobs N] [--steps N] [--json]`.

The same jobs run with steps and without, on a new SQLite store. A statement records the steps of all the jobs
that asked while the one before it was on its way.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable
from typing import Any, cast

from beltline.app import ready_worker, tune_interpreter
from beltline.client.beltline import Beltline
from beltline.config import Config, StoreConfig, WorkerConfig
from beltline.definitions.context import Context
from beltline.store.steps import RecordSteps, StepOutcome, StepStore


class CountedSteps:
    """The verbs of steps as they are; `statements` counts those that recorded, `steps` what they recorded."""

    def __init__(self, steps: StepStore) -> None:
        self._steps = steps
        self.statements = 0
        self.recorded = 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the other verbs as they are
        return getattr(self._steps, name)

    def record(self, params: RecordSteps) -> Awaitable[list[StepOutcome]]:
        """Record and count: a call is one statement where each of its steps is new."""
        self.statements += 1
        self.recorded += len(params.steps)
        return self._steps.record(params)


def measure(jobs: int, steps: int) -> dict[str, object]:
    """Return the figures of `jobs` jobs at once, and of one alone."""
    plain_s, _ = asyncio.run(_drain(jobs, 0))
    took_s, many = asyncio.run(_drain(jobs, steps))
    _, alone = asyncio.run(_drain(1, steps))
    return {
        "jobs": jobs,
        "steps_of_each": steps,
        "recorded": many.recorded,
        "statements": many.statements,
        "statements_a_step": round(many.statements / many.recorded, 3),
        "statements_a_step_alone": round(alone.statements / alone.recorded, 3),
        "us_a_step": round(1e6 * (took_s - plain_s) / many.recorded, 1),
    }


async def _drain(jobs: int, steps: int) -> tuple[float, CountedSteps]:
    belt = Beltline()

    @belt.job
    async def walk(ctx: Context) -> None:
        for number in range(steps):
            await ctx.step(f"step-{number}", _nothing)

    with tempfile.TemporaryDirectory() as folder:
        config = Config(
            store=StoreConfig(url=f"sqlite:///{folder}/steps.db"), worker=WorkerConfig(until_idle=True)
        )
        async with ready_worker(config, belt) as worker:
            counted = CountedSteps(belt.store.steps)
            belt.store.steps = cast("StepStore", counted)
            await walk.submit_many({} for _ in range(jobs))
            began = time.perf_counter()
            await worker.run()
            return time.perf_counter() - began, counted


async def _nothing() -> None:
    """Do nothing: what is measured is the step."""


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m beltline.proof.steps")
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    tune_interpreter()
    figures = measure(given.jobs, given.steps)
    if given.json:
        print(json.dumps(figures))
        return
    for key, value in figures.items():
        print(f"{key:26} {value}")


if __name__ == "__main__":
    main(sys.argv[1:])
