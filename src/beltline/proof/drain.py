"""Drains a store with one worker in this process and prints how long it took.

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
from beltline.proof.bench_app import belt


async def _drain(config: Config) -> float:
    async with ready_worker(config, belt) as worker:
        started = time.perf_counter()
        await worker.run()
        return time.perf_counter() - started


def main(url: str, namespace: str, concurrency: int) -> None:
    """Work until idle."""
    tune_interpreter()
    config = Config(
        store=StoreConfig(url=url, namespace=namespace),
        worker=WorkerConfig(concurrency=concurrency, until_idle=True),
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seconds = runner.run(_drain(config))
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
