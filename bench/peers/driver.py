"""The submitting side of a peer: one process in the peer's environment that obeys lines of JSON.

`python -m bench.peers.driver MODULE`, where MODULE has a function `adapter`. Each line is answered by one.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Mapping
from typing import Any, Final

from bench.peers.adapter import BURN, NOOP, Adapter

BULK: Final = 1_000


async def serve(module_name: str, lines: Any, answer: Any) -> None:  # noqa: ANN401 - files
    """Obey until the input ends. A fault is an answer too: `{"error": ...}`."""
    adapter: Adapter = importlib.import_module(module_name).adapter()
    while line := await asyncio.to_thread(lines.readline):
        try:
            found = await _obey(adapter, json.loads(line))
        except Exception as error:  # noqa: BLE001 - a peer's faults are of any kind, and belong into the table
            traceback.print_exc(file=sys.stderr)
            found = {"error": f"{type(error).__name__}: {error}"[:500]}
        answer.write(json.dumps(found) + "\n")
        answer.flush()


async def _obey(adapter: Adapter, order: Mapping[str, Any]) -> dict[str, Any]:
    match order["do"]:
        case "open":
            await adapter.open()
            workers = {work: adapter.worker(work) for work in (NOOP, BURN)}
            return {"settings": dict(adapter.settings), "has_bulk": adapter.has_bulk, "workers": workers}
        case "submit":
            return await _submit(adapter, order)
        case "bulk":
            return await _bulk(adapter, order)
        case "pace":
            return await _pace(adapter, order)
        case "unfinished":
            return {"unfinished": await adapter.unfinished(), "at": time.time_ns()}
        case "close":
            await adapter.close()
            return {}
        case unknown:
            raise ValueError(f"unknown order {unknown!r}")


async def _submit(adapter: Adapter, order: Mapping[str, Any]) -> dict[str, Any]:
    began = time.perf_counter()
    until = began + order["limit_s"]
    done = 0
    for number in range(order["first"], order["first"] + order["jobs"]):
        await adapter.submit(order["work"], number)
        done += 1
        if time.perf_counter() > until:
            break
    return {"jobs": done, "seconds": time.perf_counter() - began}


async def _bulk(adapter: Adapter, order: Mapping[str, Any]) -> dict[str, Any]:
    """Submit in calls of a thousand jobs."""
    began = time.perf_counter()
    until = began + order["limit_s"]
    first, end = order["first"], order["first"] + order["jobs"]
    done = 0
    for start in range(first, end, BULK):
        numbers = range(start, min(start + BULK, end))
        await adapter.submit_bulk(order["work"], numbers)
        done += len(numbers)
        if time.perf_counter() > until:
            break
    return {"jobs": done, "seconds": time.perf_counter() - began}


async def _pace(adapter: Adapter, order: Mapping[str, Any]) -> dict[str, Any]:
    """Submit one job after each pause; tell when each call began."""
    stamps = []
    for number in range(order["first"], order["first"] + order["jobs"]):
        await asyncio.sleep(order["pause_s"])
        stamps.append(time.time_ns())
        await adapter.submit(order["work"], number)
    return {"stamps": stamps}


def main() -> None:
    """Serve on standard input and output; what a peer prints goes to standard error."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    asyncio.run(serve(sys.argv[1], sys.stdin, answer))


if __name__ == "__main__":
    main()
