from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from examples.demo.expected import expected_days, expected_rain
from examples.demo.inputs import TABLE
from examples.demo.table import BadRow, Month, RawDay, extract, load, transform
from examples.stage.shipped import shipped

WEATHER = shipped("vega_datasets", f"_data/{TABLE}")
ROW = RawDay(
    date="2012/01/01", precipitation="0.0", temp_max="12.8", temp_min="5.0", wind="4.7", weather="Drizzle "
)


def read(database: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(statement).fetchall()


def january() -> Month:
    return transform("2012-01", extract(WEATHER)["2012-01"])


def test_extract_finds_every_row_by_month() -> None:
    months = extract(WEATHER)

    assert list(months) == list(expected_rain())
    assert sum(map(len, months.values())) == len(expected_days()) == 1461


def test_extract_refuses_a_table_without_a_column(tmp_path: Path) -> None:
    table = tmp_path / "short.csv"
    table.write_text("date,wind\n2012/01/01,4.7\n")

    with pytest.raises(BadRow, match=r"short\.csv has no column precipitation, temp_max, temp_min, weather"):
        extract(table)


def test_transform_types_and_cleans_a_row() -> None:
    [day] = transform("2012-01", [ROW]).days

    assert (day.date.isoformat(), day.warmest, day.weather) == ("2012-01-01", 12.8, "drizzle")


def test_transform_sums_up_each_month() -> None:
    months = [transform(name, rows) for name, rows in extract(WEATHER).items()]

    assert {month.name: month.rain for month in months} == expected_rain()


@pytest.mark.parametrize(
    "row",
    [
        replace(ROW, date="2012/02/30"),
        replace(ROW, temp_max="warm"),
        replace(ROW, temp_max="4.9"),
        replace(ROW, precipitation="-1"),
    ],
)
def test_transform_refuses_a_row_that_cannot_be_true_and_names_it(row: RawDay) -> None:
    with pytest.raises(BadRow, match=row.date):
        transform("2012-01", [row])


def test_load_puts_a_month_and_its_days_into_the_database(tmp_path: Path) -> None:
    database = tmp_path / "weather.db"

    load(january(), database, 1)

    assert read(database, "SELECT name, rain, wet_days FROM months") == [("2012-01", 173.3, 22)]
    assert read(database, "SELECT count(*), min(date), max(date) FROM days") == [
        (31, "2012-01-01", "2012-01-31")
    ]


def test_load_repeated_changes_nothing(tmp_path: Path) -> None:
    database = tmp_path / "weather.db"
    load(january(), database, 1)
    before = read(database, "SELECT * FROM days ORDER BY date")

    load(january(), database, 2)

    assert read(database, "SELECT * FROM days ORDER BY date") == before


def test_load_refuses_the_late_write_of_an_older_run(tmp_path: Path) -> None:
    database = tmp_path / "weather.db"
    load(january(), database, 7)

    written = load(replace(january(), rain=0.0, days=[]), database, 6)

    assert not written
    assert read(database, "SELECT rain, fence FROM months") == [(173.3, 7)]
    assert read(database, "SELECT count(*) FROM days") == [(31,)]
