"""The demo's job definitions, as `beltline work examples/demo/app.py` runs them.

`thumbnails` stands alone; `extract`, `transform` and `load` submit one another, each step with an idempotency
key, so that a repeated step finds the job that its first run submitted.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from beltline import Beltline, Context, Retry
from examples.demo import photograph as photographs, table as tables
from examples.demo.photograph import SIZES, DamagedPhotograph, Thumbnail, Turn
from examples.demo.table import BadRow, Month, RawDay

belt = Beltline()


@belt.job(
    retry=Retry(max_attempts=3, base=0.2, give_up_on=(DamagedPhotograph,)), timeout="30s", owner="media"
)
def thumbnails(ctx: Context, photograph: Path, folder: Path, turn: Turn = 0) -> list[Thumbnail]:
    """Write the three thumbnails of a photograph. A plain function: it runs in a thread."""
    made: list[Thumbnail] = []
    for thumbnail in photographs.make_thumbnails(photograph, turn, folder, ctx.fence):
        made.append(thumbnail)
        ctx.progress(len(made) / len(SIZES), thumbnail.file)
    return made


@belt.job(retry=Retry(max_attempts=3, base=0.2, give_up_on=(BadRow,)), timeout="30s", owner="weather")
async def extract(ctx: Context, table: Path, database: Path) -> int:
    """Read the table and hand each month on to `transform`; return how many."""
    months = tables.extract(table)
    ctx.log.info("read the table", rows=sum(map(len, months.values())), months=len(months))
    await asyncio.gather(
        *(
            transform.options(idempotency_key=name).submit(month=name, rows=rows, database=database)
            for name, rows in months.items()
        )
    )
    return len(months)


@belt.job(retry=Retry(max_attempts=3, base=0.2, give_up_on=(BadRow,)), timeout="30s", owner="weather")
async def transform(month: str, rows: list[RawDay], database: Path) -> int:
    """Type, check and sum up the days of a month and hand it on to `load`; return the number of days."""
    found = tables.transform(month, rows)
    await load.options(idempotency_key=month).submit(month=found, database=database)
    return len(found.days)


@belt.job(retry=Retry(max_attempts=5, base=0.2), timeout="60s", owner="weather")
def load(ctx: Context, month: Month, database: Path) -> bool:
    """Put a month into the database; False where a later run of this job has done it already."""
    return tables.load(month, database, ctx.fence)
