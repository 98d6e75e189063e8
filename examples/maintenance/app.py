"""The maintenance's job definition, as `beltline work examples/maintenance/app.py` runs it."""

from __future__ import annotations

from pathlib import Path

from beltline import Beltline, Retry, Snooze, SyncContext
from examples.maintenance import database
from examples.maintenance.database import Busy, Corrupt, Health

belt = Beltline()


@belt.job(retry=Retry(max_attempts=3, give_up_on=(Corrupt,)), timeout="30m", expires="1d", owner="databases")
def maintain(ctx: SyncContext, file: Path) -> list[Health]:
    """Bring a file into shape; return its health before and after.

    Each command is a step: where the file becomes busy between two of them, a later run goes on behind the
    last one. Putting the job off charges no attempt.
    """
    try:
        before = ctx.step("before", database.health, file)
        for number, command in enumerate(database.COMMANDS):
            ctx.step(command, database.command, file, command)
            ctx.progress((number + 1) / len(database.COMMANDS), command)
        return [before, ctx.step("after", database.health, file)]
    except Busy as error:
        ctx.log.info("the file is busy, put off", error=str(error))
        raise Snooze("250ms") from error
