"""Submit under a limit on the size of files; print the refusal and how many jobs were acknowledged."""

from __future__ import annotations

import asyncio
import resource
import sys

from beltline.core.errors import StoreError
from tests.e2e.app import belt, ship


async def main(limit: int) -> None:
    """Submit until refused."""
    acknowledged = 0
    async with belt:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        for _ in range(1_000):
            try:
                acknowledged += len(await ship.submit_many([{"n": n, "seconds": 0.0} for n in range(20)]))
            except StoreError as refusal:
                sys.stdout.write(f"{refusal.code}: {refusal}\n{acknowledged}\n")
                break
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


asyncio.run(main(int(sys.argv[1])))
