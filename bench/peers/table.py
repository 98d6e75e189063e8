"""The one table: a row a peer, and under it why a figure is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from bench.peers.results import Record


class Column(NamedTuple):
    """A figure and its head; `digits` after the point."""

    figure: str
    head: str
    digits: int = 0


COLUMNS: Final = (
    Column("submit_per_s", "submit one by one /s"),
    Column("bulk_per_s", "bulk /s"),
    Column("drain_1_per_s", "drain 1 w /s"),
    Column("drain_2_per_s", "drain 2 w /s"),
    Column("large_1_per_s", "large 1 w /s"),
    Column("large_2_per_s", "large 2 w /s"),
    Column("burn_1_per_s", "5 ms jobs 1 w /s"),
    Column("burn_2_per_s", "5 ms jobs 2 w /s"),
    Column("pickup_p50_ms", "pick-up p50 ms", 1),
    Column("pickup_p95_ms", "pick-up p95 ms", 1),
    Column("pickup_p99_ms", "pick-up p99 ms", 1),
    Column("idle_mb", "idle MB", 1),
    Column("idle_cpu_percent", "idle CPU %", 1),
    Column("start_s", "start s", 2),
    Column("kill_missing", "killed: lost"),
    Column("kill_repeated", "killed: repeated"),
    Column("kill_recovery_s", "recovery s", 1),
)
MISSING: Final = "-"


def table(records: Sequence[Record]) -> str:
    """Return the table in Markdown, and the reasons of what is missing."""
    heads = ["", *(column.head for column in COLUMNS)]
    rows = [[record.title, *_cells(record.median())] for record in records if record.rounds]
    lines = [_line(heads), _line(["---", *("--:" for _ in COLUMNS)]), *map(_line, rows)]
    return "\n".join([*lines, "", *_reasons(records)]).rstrip()


def _cells(figures: Mapping[str, float]) -> Iterator[str]:
    for figure, _, digits in COLUMNS:
        value = figures.get(figure)
        is_cut = figure.endswith("_per_s") and figures.get(f"{figure.removesuffix('_per_s')}_cut")
        mark = "*" if is_cut else ""
        yield MISSING if value is None else f"{value:,.{digits}f}{mark}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _reasons(records: Sequence[Record]) -> Iterator[str]:
    for record in records:
        measures: dict[str, list[str]] = {}
        for measure, reason in record.faults.items():
            text = " ".join(reason.replace("|", "/").split())
            measures.setdefault(text, []).append("not measured" if measure == "all" else measure)
        for text, names in measures.items():
            yield f"- {record.title}, {', '.join(names)}: {text}"
