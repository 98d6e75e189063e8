"""The backfill's job definition, as `beltline work examples/backfill/app.py` runs it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from beltline import Beltline, Retry, SyncContext
from examples.backfill import table
from examples.backfill.geohash import geohash

belt = Beltline()


@dataclass(frozen=True, slots=True)
class Filled:
    """What one run did. `began_after` is the airport behind which it began; None is the beginning."""

    began_after: str | None
    read: int
    written: int


@belt.job(retry=Retry(max_attempts=5), timeout="10m", owner="maps")
def fill_geohash(ctx: SyncContext, database: Path, pause: float) -> Filled:
    """Give each airport its geohash. A plain function: it runs in a thread."""
    began_after = ctx.checkpointed("airports")
    read = written = 0
    with closing(table.connect(database)) as connection:
        total = table.count(connection)
        before = table.count(connection, "geohash IS NOT NULL")
        after = partial(table.pages_after, connection, pause)
        for page in ctx.cursor("airports", after, key=lambda page: page[-1].iata, every="200ms"):
            # Where a killed run wrote a page and could not keep its position any more, the page comes again,
            # and its rows are left as they are.
            written += table.fill(
                connection, {row.iata: geohash(row.latitude, row.longitude) for row in page}
            )
            read += len(page)
            ctx.progress((before + written) / total, page[-1].iata)
    return Filled(began_after, read, written)
