"""The nightly load, as `beltline work examples/nightly/app.py` runs it.

Each tick loads the day before it, in Seattle's time, from the table into a database. Where no worker was
there at night, `misfire="all"` makes up for each night when one is back: the tick, not the clock, says which
day.
"""

from __future__ import annotations

import csv
import os
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from beltline import Beltline, Retry, Schedule
from examples.demo.inputs import TABLE
from examples.stage.shipped import shipped

ZONE = "America/Los_Angeles"
NIGHTLY = Schedule(
    cron="30 2 * * *", zone=ZONE, misfire="all", misfire_window="31d", misfire_limit=31, overlap="allow"
)
DATABASE = "BELTLINE_NIGHTLY_DATABASE"

belt = Beltline()


@belt.job(retry=Retry(max_attempts=3, base=0.2), timeout="30s", owner="weather")
def load(tick: str) -> int:
    """Load the day before the tick; return how many rows there were. A repeated load changes nothing."""
    day = (datetime.fromisoformat(tick).astimezone(ZoneInfo(ZONE)) - timedelta(days=1)).date()
    with shipped("vega_datasets", f"_data/{TABLE}").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["date"] == f"{day:%Y/%m/%d}"]
    with closing(sqlite3.connect(database())) as connection, connection:
        connection.execute("CREATE TABLE IF NOT EXISTS days (date TEXT PRIMARY KEY, rain REAL, warmest REAL)")
        connection.executemany(
            "INSERT OR REPLACE INTO days VALUES (?, ?, ?)",
            [(f"{day}", float(row["precipitation"]), float(row["temp_max"])) for row in rows],
        )
    return len(rows)


def database() -> Path:
    """Return the file that is loaded into."""
    return Path(os.environ.get(DATABASE, "weather.db"))


belt.schedule(load, NIGHTLY, name="nightly", tick_field="tick")
