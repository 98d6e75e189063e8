"""Extract, transform, load: from a table of daily weather to a database. Knows nothing of jobs."""

from __future__ import annotations

import csv
import datetime as dt
import math
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, fields
from itertools import groupby
from pathlib import Path
from typing import Final

_PATIENCE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class RawDay:
    """A row as the file has it."""

    date: str
    precipitation: str
    temp_max: str
    temp_min: str
    wind: str
    weather: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day's weather: millimetres, degrees Celsius, metres a second."""

    date: dt.date
    precipitation: float
    warmest: float
    coldest: float
    wind: float
    weather: str


@dataclass(frozen=True, slots=True)
class Month:
    """A month and its days. `rain` sums the precipitation, `warmth` is the mean of the days' middles."""

    name: str
    rain: float
    wet_days: int
    warmth: float
    days: list[Day]


class BadRow(Exception):
    """A row of the table cannot be true; the file must be mended."""


def extract(table: Path) -> Mapping[str, list[RawDay]]:
    """Return the rows of the file by month (`2012-01`), in order. Raises BadRow where columns are missing."""
    names = [column.name for column in fields(RawDay)]
    with table.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        missing = set(names).difference(reader.fieldnames or ())
        if missing:
            raise BadRow(f"{table.name} has no column {', '.join(sorted(missing))}")
        rows = [RawDay(**{name: row[name] for name in names}) for row in reader]
    rows.sort(key=lambda row: row.date)
    months = groupby(rows, lambda row: row.date[:7].replace("/", "-"))
    return {name: list(days) for name, days in months}


def transform(name: str, rows: Sequence[RawDay]) -> Month:
    """Return the month with typed, checked days and its figures. Raises BadRow, which names the row."""
    days = [_day(row) for row in rows]
    return Month(
        name=name,
        rain=round(math.fsum(day.precipitation for day in days), 1),
        wet_days=sum(day.precipitation > 0 for day in days),
        warmth=round(math.fsum(day.warmest + day.coldest for day in days) / (2 * len(days)), 2),
        days=days,
    )


def load(month: Month, database: Path, fence: int) -> bool:
    """Put the month into the database in place of what was there; False where a later run was faster.

    One transaction, so that a month is there whole or not at all; repeated, it changes nothing. The fence
    refuses a run that was held up and comes to write after its successor.
    """
    with closing(sqlite3.connect(database, timeout=_PATIENCE_S, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for statement in _TABLES:
            connection.execute(statement)
        written = connection.execute(
            _PUT_MONTH, (month.name, month.rain, month.wet_days, month.warmth, fence)
        ).rowcount
        if written:
            connection.execute("DELETE FROM days WHERE month = ?", (month.name,))
            connection.executemany(_PUT_DAY, [(month.name, *_stored(day)) for day in month.days])
        connection.execute("COMMIT")
    return written == 1


_TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS months (
        name TEXT PRIMARY KEY, rain REAL NOT NULL, wet_days INTEGER NOT NULL, warmth REAL NOT NULL,
        fence INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS days (
        month TEXT NOT NULL, date TEXT PRIMARY KEY, precipitation REAL NOT NULL, warmest REAL NOT NULL,
        coldest REAL NOT NULL, wind REAL NOT NULL, weather TEXT NOT NULL
    )""",
)
_PUT_MONTH: Final = """INSERT INTO months (name, rain, wet_days, warmth, fence) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (name) DO UPDATE
    SET rain = excluded.rain, wet_days = excluded.wet_days, warmth = excluded.warmth, fence = excluded.fence
    WHERE excluded.fence >= months.fence"""
_PUT_DAY: Final = "INSERT INTO days VALUES (?, ?, ?, ?, ?, ?, ?)"


def _day(row: RawDay) -> Day:
    try:
        day = Day(
            date=dt.datetime.strptime(row.date, "%Y/%m/%d").date(),  # noqa: DTZ007 - a calendar day has no zone
            precipitation=float(row.precipitation),
            warmest=float(row.temp_max),
            coldest=float(row.temp_min),
            wind=float(row.wind),
            weather=row.weather.strip().lower(),
        )
    except ValueError as error:
        raise BadRow(f"the row of {row.date!r} cannot be read: {error}") from error
    if day.coldest > day.warmest or day.precipitation < 0 or day.wind < 0:
        raise BadRow(f"the row of {row.date} cannot be true: {row}")
    return day


def _stored(day: Day) -> tuple[object, ...]:
    return (day.date.isoformat(), *astuple(day)[1:])
