"""An app whose worker knows a service's URL only."""

from __future__ import annotations

from pathlib import Path

from beltline import Beltline, Context, Retry
from beltline.definitions.sync_context import SyncContext
from tests.waiting import eventually

belt = Beltline()


@belt.job
def holds(ctx: SyncContext, gate: str) -> int:
    """Say which run has begun; end when the gate is there, a file."""
    Path(f"{gate}.{ctx.run}").touch()
    eventually(Path(gate).exists)
    return ctx.run


@belt.job(mode="process")
def elsewhere(n: int) -> int:
    """Run in a process of its own."""
    return n + 1


@belt.job(mode="process", retry=Retry(base="10ms"))
def plants(ctx: SyncContext, n: int) -> list[str]:
    """Submit children from a process of its own; the first run ends before it can say so."""
    found = [ctx.submit(elsewhere, n=each).id for each in range(n)]
    if ctx.run == 1:
        raise RuntimeError("once more")
    return found


@belt.job(mode="process")
async def plants_many(ctx: Context, n: int) -> int:
    """Submit children from a coroutine in a process of its own, at once."""
    return await ctx.submit_many(elsewhere, ({"n": each} for each in range(n)))
