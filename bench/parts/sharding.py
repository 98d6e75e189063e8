"""What the simulation of several servers says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.charts import Chart, Series
from bench.parts.taken import IMAGES, read


def sharding_part(results: Path) -> str:
    """Return the table of the bends and the pictures."""
    found = read(results / "sharding.json")
    if not found:
        return "Not simulated yet: `python -m bench.sharding` does."
    heads = "servers", "even load, jobs/s", "Zipf, by weight", "fullest has", "Zipf, by hash", "fullest has"
    rows = [
        f"| {' | '.join(heads)} |",
        f"|{' --: |' * len(heads)}",
        *(
            f"| {row['servers']} | {row['even']:,} | {row['weight']:,} | {row['weight_largest']:.0%}"
            f" | {row['hash']:,} | {row['hash_largest']:.0%} |"
            for row in found["bends"]
        ),
    ]
    text = (
        f"`python -m bench.sharding`; service times: {found['source']}."
        " The rate at which p99 from submit to claim passes 100 ms, or a backlog grows:"
    )
    return "\n\n".join(
        [
            text,
            "\n".join(rows),
            f"![Where several servers bend]({IMAGES}/sharding-servers.svg)",
            f"![Waits of one server against load]({IMAGES}/sharding-one.svg)",
        ]
    )


def sharding_pictures(results: Path) -> Iterator[tuple[str, str]]:
    """Yield the SVG files, by name."""
    found = read(results / "sharding.json")
    if found:
        names = {"even": "even", "weight": "Zipf, by weight", "hash": "Zipf, by hash"}
        series = [
            Series(name, [(row["servers"], row[way]) for row in found["bends"]])
            for way, name in names.items()
        ]
        chart = Chart("Where several servers bend (simulated)", "servers", "jobs a second", series)
        yield "sharding-servers.svg", chart.svg()
        waits = [
            Series(name, [(100 * point["share"], point[figure]) for point in found["curve"]])
            for name, figure in (("p99", "p99_ms"), ("p50", "p50_ms"))
        ]
        chart = Chart("Waits of one server (simulated)", "% of the load at which it bends", "ms", waits)
        yield "sharding-one.svg", chart.svg()
