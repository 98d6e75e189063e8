"""Drains a store with one worker in this process and prints how many jobs it ran, and in how long.

The benchmark runs it as a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import uvloop

from beltline.app import ready_worker, tune_interpreter
from beltline.config import Config, StoreConfig, WorkerConfig
from beltline.executors.black_box import BlackBox
from beltline.proof.bench_app import belt, noop_runs


async def _drain(config: Config, most: int) -> float:
    """Return the seconds from the first body to the end of the worker, which closes its session then.

    What precedes the first body is measured by itself, as `start_s`. The worker notes what it does in a black
    box, as each does that has a supervisor.
    """
    async with ready_worker(config, belt, box=BlackBox(config.worker.threads)) as worker:
        if most:
            noop_runs.call_at(most, worker.stop)
        await worker.run()
        return time.perf_counter() - noop_runs.first_at


def main(url: str, namespace: str, concurrency: int, most: int) -> None:
    """Work until idle, or until `most` jobs began where it is not 0; what began then ends."""
    tune_interpreter()
    config = Config(
        store=StoreConfig(url=url, namespace=namespace),
        worker=WorkerConfig(concurrency=concurrency, until_idle=not most),
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seconds = runner.run(_drain(config, most))
    print(json.dumps({"jobs": noop_runs.number, "seconds": seconds}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
