"""The app of these tests."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from beltline import Beltline, Context, Retry

belt = Beltline()


@belt.job(retry=Retry(max_attempts=1), queue="images", owner="media")
async def resize(ctx: Context, width: int = 256) -> dict[str, int]:
    """Succeeds, logs a line, and reports progress; a width of 13 fails."""
    ctx.log.info("resizing", width=width)
    ctx.progress(0.5, "half way")
    if width == 13:
        raise ValueError("13 brings bad luck")
    return {"width": width}


@belt.job
async def hold(seconds: float) -> None:
    """Runs for so long, unless it is stopped."""
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), seconds)
