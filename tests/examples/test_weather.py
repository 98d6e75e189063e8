"""A workflow on the demo's table: the data decides which branch is taken."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from beltline import Flow
from beltline.client.beltline import Beltline
from beltline.core.workflow import End
from beltline.definitions import splits
from beltline.engine import runs
from beltline.testing.kit import Kit
from examples.demo.inputs import TABLE
from examples.stage.shipped import shipped

NAMESPACE = "default"
WET = 1_000.0


def years(table: str) -> list[dict[str, str]]:
    """Return the years of the table, each with the file that it is in."""
    with Path(table).open(newline="") as file:
        found = sorted({row["date"][:4] for row in csv.DictReader(file)})
    return [{"year": year, "table": table} for year in found]


def rain(year: str, table: str) -> float:
    """Return the millimetres of a year."""
    with Path(table).open(newline="") as file:
        rows = csv.DictReader(file)
        return round(sum(float(row["precipitation"]) for row in rows if row["date"].startswith(year)), 1)


def wettest(millimetres: list[float]) -> dict[str, float]:
    """Return the most of a year."""
    return {"most": max(millimetres)}


def say(text: str) -> str:
    """Return the text."""
    return text


def expected(table: Path) -> list[float]:
    """Sum the years otherwise than the jobs do."""
    sums: dict[str, float] = defaultdict(float)
    [head, *lines] = table.read_text().splitlines()
    column = head.split(",").index("precipitation")
    for line in lines:
        cells = line.split(",")
        sums[cells[0][:4]] += float(cells[column])
    return [round(sums[year], 1) for year in sorted(sums)]


@pytest.mark.parametrize("limit", [WET, 10 * WET])
async def test_the_rain_decides_what_is_said(limit: float) -> None:
    belt = Beltline("sqlite:///:memory:")
    flow = Flow("weather")
    found = flow.step("found", belt.job(years), table=flow.input["table"])
    job = belt.job(rain)
    sums = flow.step("sums", job, year=flow.item["year"], table=flow.item["table"], options={"each": found})
    most = flow.step("most", belt.job(wettest), millimetres=sums)
    spoken = belt.job(say)
    flow.step("wet", spoken, text="take an umbrella", when=most["most"] > flow.input["limit"])
    flow.step("dry", spoken, text="leave it", when=~(most["most"] > flow.input["limit"]))
    flow.output({"sums": sums, "most": most["most"]})
    weather = belt.workflow(flow)
    table = shipped("vega_datasets", f"_data/{TABLE}")

    async with Kit(belt) as kit:
        run = await weather.start(table=str(table), limit=limit)
        result = await kit.run(run)
        stands = (await runs.view(kit.store, NAMESPACE, run.id)).stands

    years_of_rain = expected(table)
    assert result == {"sums": years_of_rain, "most": max(years_of_rain)}
    taken = "wet" if max(years_of_rain) > limit else "dry"
    assert {name for name in ("wet", "dry") if stands[name].end is End.SUCCEEDED} == {taken}


def test_the_table_is_cut_into_whole_rows() -> None:
    table = shipped("vega_datasets", f"_data/{TABLE}")

    parts = [dict(part.payload) for part in splits.csv_rows(rows=500)(str(table)) if hasattr(part, "payload")]

    assert sum(part["rows"] for part in parts) == table.read_text().count("\n") - 1
