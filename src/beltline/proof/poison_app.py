"""The jobs of `beltline.proof.poison`: on the loop, so that one that ends its process ends a whole worker."""

from __future__ import annotations

import asyncio
import os
import signal

from beltline.client.beltline import Beltline

belt = Beltline()


@belt.job(queue="good")
async def good(number: int) -> int:
    """Wait a moment, as a body does that asks another service."""
    await asyncio.sleep(0.001)
    return number


@belt.job(queue="poison")
async def poison(number: int) -> None:
    """End the process, one way or the other."""
    if number % 2:
        os._exit(3)
    os.kill(os.getpid(), signal.SIGSEGV)
