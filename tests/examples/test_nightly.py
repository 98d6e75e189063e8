"""The nightly ETL: nights across a change of clocks, some of them missed, each day loaded once."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from beltline.core.calendar import micros_of
from beltline.testing.clock import StillClock
from beltline.testing.kit import Kit
from examples.demo.inputs import TABLE
from examples.nightly.app import DATABASE, ZONE, belt
from examples.stage.shipped import shipped

DAY = timedelta(days=1)


def expected(first: date, days: int) -> list[tuple[str, float, float]]:
    """Return the days as they are shipped."""
    wanted = {f"{first + DAY * number:%Y/%m/%d}" for number in range(days)}
    with shipped("vega_datasets", f"_data/{TABLE}").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if row[0] in wanted]
    return [(row[0].replace("/", "-"), float(row[1]), float(row[2])) for row in rows]


async def test_each_day_is_loaded_once_also_after_nights_without_a_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DATABASE, str(tmp_path / "weather.db"))
    # Clocks go from two to three in the night of the 11th: half past two does not come.
    begin = datetime(2012, 3, 8, 12, tzinfo=ZoneInfo(ZONE))

    async with Kit(belt, clock=StillClock(micros_of(begin))) as kit:
        assert await kit.advance("1d") == 1
        kit.clock.move_to(micros_of(begin + 6 * DAY))
        assert await kit.drain() == 5
        assert await kit.advance("1d") == 1
        fires = await kit.store.schedules.fires("default", "nightly")

    with closing(sqlite3.connect(tmp_path / "weather.db")) as connection:
        loaded = connection.execute("SELECT date, rain, warmest FROM days ORDER BY date").fetchall()
    assert loaded == expected(date(2012, 3, 8), 7)
    assert [fire.reason for fire in reversed(fires)] == ["due", *["late"] * 5, "due"]
    nights = [datetime.fromtimestamp(fire.tick / 1e6, ZoneInfo(ZONE)).strftime("%d %H:%M") for fire in fires]
    assert nights[::-1][:4] == ["09 02:30", "10 02:30", "11 03:00", "12 02:30"]
