"""The table of the peers, and where Beltline is not first in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bench.parts.taken import taken
from bench.peers.catalog import OURS, PEERS
from bench.peers.results import Record, read_record
from bench.peers.table import COLUMNS, MISSING, table

CAVEATS: Final = Path(__file__).parent / "caveats.md"
CLIENTS: Final = ("redis", "psycopg", "asyncpg", "kombu", "python")


def peers_part(results: Path) -> str:
    """Return the table of the peers, its machine, settings and caveats."""
    records = [found for peer in (*OURS, *PEERS) if (found := read_record(results, peer.name))]
    if not any(record.rounds for record in records):
        return "Not measured yet on a quiet machine: `make bench-peers` does, and writes the table here."
    first = records[0]
    lines = [
        "\n\n".join(_taken(records)),
        table(records),
        f"Sizes: {_sizes(first.sizes)}. Rounds: {_rounds(records)}; the medians are shown.",
        CAVEATS.read_text("utf-8").rstrip(),
        "Where Beltline is not first among the rows of the same kind of store:",
        "\n".join(behind(records)),
        "\n".join(
            [
                "| | store | versions | settings |",
                "| --- | --- | --- | --- |",
                *(_settings(record) for record in records),
            ]
        ),
    ]
    return "\n\n".join(lines)


def _taken(records: Sequence[Record]) -> Iterator[str]:
    """Yield where the measures were taken, those of one run and the same rows together."""
    rows: dict[tuple[str, str], list[str]] = {}
    for record in records:
        for measure, found in record.taken.items():
            sentence = taken(found["commit"], found["machine"])
            rows.setdefault((sentence, measure), []).append(record.title)
    runs: dict[tuple[str, str], list[str]] = {}
    for (sentence, measure), titles in rows.items():
        runs.setdefault((sentence, _of(titles, [record.title for record in records])), []).append(measure)
    for (sentence, whose), measures in runs.items():
        yield sentence if len(runs) == 1 else f"{', '.join(measures)}{whose}: {sentence}"


def _of(titles: Sequence[str], every: Sequence[str]) -> str:
    """Return whose measures they are, in few words."""
    others = [title for title in every if title not in titles]
    if not others:
        return ""
    return f" of all but {'; '.join(others)}" if len(others) < len(titles) else f" of {'; '.join(titles)}"


def behind(records: Sequence[Record]) -> Iterator[str]:
    """Yield each figure in which a row of the same kind of store is better; told, not explained away."""
    found = False
    for ours in (record for record in records if record.peer.startswith("beltline")):
        rivals = [record for record in records if record.store == ours.store and record is not ours]
        for figure, head, digits in COLUMNS:
            mine, best = ours.median().get(figure), _best(rivals, figure)
            if mine is not None and best is not None and _worse(figure, mine, best[0]):
                found = True
                yield f"- {ours.title}, {head}: {mine:,.{digits}f}; {best[1]} {best[0]:,.{digits}f}"
    if not found:
        yield "- nowhere."


def _best(rivals: Sequence[Record], figure: str) -> tuple[float, str] | None:
    known = [(found, rival.title) for rival in rivals if (found := rival.median().get(figure)) is not None]
    if not known:
        return None
    return max(known) if figure.endswith("_per_s") else min(known)


def _worse(figure: str, mine: float, other: float) -> bool:
    return mine < other if figure.endswith("_per_s") else mine > other


def _settings(record: Record) -> str:
    names = (record.peer.split("-")[0], *CLIENTS)
    versions = ", ".join(
        f"{name} {record.versions[name]}" for name in dict.fromkeys(names) if name in record.versions
    )
    settings = "; ".join(f"{name}: {text}" for name, text in record.settings.items())
    return f"| {record.title} | {record.server} | {versions or MISSING} | {settings or MISSING} |"


def _sizes(sizes: Mapping[str, Any]) -> str:
    return (
        f"{sizes['singles']:,} one by one, {sizes['jobs']:,} in bulk and drained,"
        f" {sizes['large']:,} in the large drain, {sizes['burns']:,} jobs of 5 ms,"
        f" {sizes['pickups']:,} pick-ups, {sizes['killed']:,} jobs around the kill;"
        f" a drain is cut after {sizes['limit_s']:g} s,"
        f" the wait for lost jobs after {sizes['kill_wait_s']:g} s"
    )


def _rounds(records: Sequence[Record]) -> str:
    counts = [len(rounds) for record in records for rounds in record.rounds.values()]
    return f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
