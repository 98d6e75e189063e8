"""The compaction's job definition, as `beltline work examples/compaction/app.py` runs it."""

from __future__ import annotations

import time
from pathlib import Path

from beltline import Beltline, Retry, SyncContext
from examples.compaction import logs
from examples.compaction.logs import Compacted, Refused

belt = Beltline()


@belt.job(retry=Retry(max_attempts=5, base=0.2, give_up_on=(Refused,)), timeout="10m", owner="operations")
def compact(ctx: SyncContext, folder: Path, pause: float = 0.0) -> list[Compacted]:
    """Compact every log of a folder. Each step is repeatable, and a done one is not done again.

    `pause`: seconds of rest after each log, so that others can use the disk.
    """
    names = ctx.step("list", logs.names, folder)
    done = []
    for name in names:
        log = folder / name
        compacted = ctx.step(f"compress {name}", logs.compress, log, ctx.fence)
        # From here on the copy is known to be whole: the step above compared it before it was remembered.
        ctx.step(f"remove {name}", logs.remove, log, compacted)
        done.append(compacted)
        ctx.progress(len(done) / len(names), name)
        ctx.log.info("compacted", log=name, lines=compacted.lines, bytes=compacted.after)
        time.sleep(pause)
    return done
