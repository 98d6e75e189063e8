"""An app whose worker knows a service's URL only."""

from __future__ import annotations

from pathlib import Path

from beltline import Beltline
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
