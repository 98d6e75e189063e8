"""Jobs whose bodies run in processes, for the end-to-end tests. They tell what those of `app` do."""

from __future__ import annotations

import threading
from pathlib import Path

from beltline import Beltline, SyncContext
from tests.e2e.app import tell

belt = Beltline()


@belt.job(mode="process")
def grind(ctx: SyncContext, file: str) -> int:
    """Run the first time until a file exists, whatever one is asked, and no time in a later run."""
    tell("start", ctx.job_id, ctx.fence)
    while ctx.run == 1 and not Path(file).exists():
        threading.Event().wait(0.01)
    tell("end", ctx.job_id, ctx.fence)
    return ctx.fence
