"""Sends submits as fast as they go: `python -m tests.e2e.flooding URL API-KEY TIMES`.

Prints a line when it has begun, and at the end, as JSON, how many were stored and how many refused.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Final

from beltline.proof.rest import RestFailed, Wire

CONNECTIONS: Final = 64


async def flood(url: str, key: str, times: int) -> dict[str, int]:
    """Send so many submits on all connections at once."""
    wires = [Wire(url, key) for _ in range(CONNECTIONS)]
    stored = refused = 0
    left = iter(range(times))

    async def work(wire: Wire) -> None:
        nonlocal stored, refused
        for _ in left:
            try:
                await wire.send("POST", "/jobs", {"definition": "flood"})
                stored += 1
            except RestFailed as error:
                refused += ": 429 " in str(error)
            if stored + refused == 1:
                _tell("begun")

    await asyncio.gather(*map(work, wires))
    for wire in wires:
        wire.close()
    return {"stored": stored, "refused": refused}


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _tell(json.dumps(asyncio.run(flood(sys.argv[1], sys.argv[2], int(sys.argv[3])))))
