"""Open the store, say so, wait for a line, and submit one job with a large payload."""

from __future__ import annotations

import asyncio
import sys

from tests.e2e.app import belt, echo


async def main(file: str) -> None:
    """Submit when told to."""
    async with belt:
        sys.stdout.write("open\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        await echo.submit(text="x" * 200_000, file=file)


asyncio.run(main(sys.argv[1]))
