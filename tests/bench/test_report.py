from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.parts.peers import behind, peers_part
from bench.parts.scale import scale_part, scale_pictures, soak_part
from bench.peers.results import RESULTS, Record, Taken, read_record, taken_up
from bench.peers.table import table
from bench.report import DOCS, PARTS, filled, stale

MACHINE = {
    "cores": 2,
    "processor": "any",
    "memory_gb": 24,
    "system": "Linux",
    "python": "3.11.7",
    "flush_ms": 0.2,
    "load_before": 0.1,
}
SIZES = {
    "singles": 10,
    "jobs": 20,
    "large": 30,
    "burns": 5,
    "pickups": 4,
    "killed": 6,
    "limit_s": 60.0,
    "kill_wait_s": 90.0,
}


def record(peer: str, store: str, **rounds: list[dict[str, float]]) -> Record:
    taken: Taken = {"commit": "abc", "machine": MACHINE}
    return Record(peer, peer.title(), store, SIZES, rounds=dict(rounds), taken=dict.fromkeys(rounds, taken))


def test_the_pages_say_what_the_results_say() -> None:
    assert list(stale(DOCS, RESULTS)) == []


def test_every_part_stands_in_one_page() -> None:
    pages = [page.read_text("utf-8") for page in DOCS.glob("*.md")]

    for name in PARTS:
        begin = f"<!-- {name}: written by python -m bench.report -->"
        assert sum(page.count(begin) for page in pages) == 1


def test_a_part_is_written_between_its_markers_and_nothing_else_is_touched(tmp_path: Path) -> None:
    page = "before\n<!-- peers: written by python -m bench.report -->\nold\n<!-- peers: end -->\nafter\n"

    new = filled(page, tmp_path)

    assert new.startswith("before\n<!-- peers")
    assert new.endswith("<!-- peers: end -->\nafter\n")
    assert "old" not in new
    assert "make bench-peers" in new
    assert filled(new, tmp_path) == new


def test_a_part_without_an_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="scale: end"):
        filled("<!-- scale: written by python -m bench.report -->\n", tmp_path)


def test_the_table_shows_medians_and_why_a_figure_is_missing() -> None:
    rounds: list[dict[str, float]] = [{"drain_1_per_s": rate} for rate in (900.0, 2_000.0, 1_000.0)]
    cut = {"drain_2_per_s": 36.0, "drain_2_cut": 1.0}
    peer = record("huey", "SQLite", drain_1=rounds, drain_2=[cut])
    peer.faults |= {"kill": "it | ended", "idle": "it | ended"}

    shown = table([peer])

    assert "| Huey | - | - | 1,000 | 36* |" in shown
    assert "- Huey, kill, idle: it / ended" in shown


def test_only_a_drain_is_marked_as_cut() -> None:
    figures = {"pickup_p50_ms": 1.5, "idle_mb": 20.0, "drain_1_per_s": 900.0, "drain_1_cut": 0.0}

    shown = table([record("huey", "SQLite", idle=[figures])])

    assert "*" not in shown
    assert "| 900 |" in shown
    assert "| 1.5 |" in shown


def test_where_beltline_is_not_first_is_told_by_name() -> None:
    ours = record("beltline-sqlite", "SQLite", a=[{"drain_1_per_s": 9.0, "start_s": 2.0, "idle_mb": 4.0}])
    rival = record("huey", "SQLite", a=[{"drain_1_per_s": 10.0, "start_s": 1.0, "idle_mb": 5.0}])
    other = record("arq", "Redis", a=[{"drain_1_per_s": 99.0}])

    assert list(behind([ours, rival, other])) == [
        "- Beltline-Sqlite, drain 1 w /s: 9; Huey 10",
        "- Beltline-Sqlite, start s: 2.00; Huey 1.00",
    ]
    assert list(behind([ours, other])) == ["- nowhere."]


@pytest.mark.parametrize(
    ("commit", "measures", "kept"),
    [
        ("abc", ["submit", "kill"], ["submit"]),
        ("def", ["submit", "kill"], []),
        ("def", ["kill"], ["submit"]),
        ("", ["submit"], []),
    ],
)
def test_a_run_that_goes_on_keeps_what_is_of_its_commit_and_what_it_does_not_take(
    tmp_path: Path, commit: str, measures: list[str], kept: list[str]
) -> None:
    first = record("huey", "SQLite", submit=[{"submit_per_s": 1.0}])
    first.faults |= {"kill": "it failed", "idle": "it failed, too"}
    first.write(tmp_path)
    found = read_record(tmp_path, "huey")

    going_on = taken_up(found, record("huey", "SQLite"), commit=commit, measures=measures)

    assert list(going_on.rounds) == list(going_on.taken) == kept
    assert going_on.faults.get("idle") == "it failed, too"
    assert ("kill" in going_on.faults) == ("kill" not in measures)


def test_a_run_of_other_sizes_keeps_nothing(tmp_path: Path) -> None:
    record("huey", "SQLite", submit=[{"submit_per_s": 1.0}]).write(tmp_path)
    fresh = Record("huey", "Huey", "SQLite", {**SIZES, "jobs": 21})

    assert taken_up(read_record(tmp_path, "huey"), fresh, commit="abc", measures=[]).rounds == {}


def test_the_table_says_of_which_commit_each_measure_is(tmp_path: Path) -> None:
    for peer in ("beltline-sqlite", "huey-sqlite"):
        found = record(peer, "SQLite", submit=[{"submit_per_s": 1.0}], idle=[{"idle_mb": 1.0}])
        found.taken["idle"] = {"commit": "def", "machine": MACHINE}
        found.write(tmp_path)

    shown = peers_part(tmp_path)

    assert "submit: Commit `abc`" in shown
    assert "idle: Commit `def`" in shown
    assert shown.count("Commit") == 2


def test_curves_become_tables_and_pictures(tmp_path: Path) -> None:
    points = [{"x": x, "per_s": 100.0, "empty_per_s": 104.0, "ratio": 0.96} for x in (10_000, 10_000_000)]
    times = {verb: {"1": 0.5, "500": 8.0} for verb in ("submit", "claim", "settle")}
    scale: dict[str, Any] = {"store": "PostgreSQL", "commit": "abc", "machine": MACHINE, "jobs": 20_000}
    scale |= {"curves": {"kept": points}, "service_ms": times}
    (tmp_path / "scale-postgresql.json").write_text(json.dumps(scale))

    part = scale_part(tmp_path)

    assert "| of the empty store's | 0.96 | 0.96 |" in part
    assert "| claim | 0.50 | 8.00 |" in part
    assert [name for name, _ in scale_pictures(tmp_path)] == ["scale-postgresql-kept.svg"]


def test_a_steady_load_becomes_two_pictures(tmp_path: Path) -> None:
    samples = [
        {"s": 10.0 * n, "table_mb": 1.0, "index_mb": 0.5, "p50_ms": 2.0, "p99_ms": 5.0 + n} for n in range(4)
    ]
    soak = {"commit": "abc", "machine": MACHINE, "minutes": 30, "rate_per_s": 8_000, "samples": samples}
    (tmp_path / "soak.json").write_text(json.dumps(soak))

    part = soak_part(tmp_path)

    assert "8.0 ms in the middle and 8.0 ms at most" in part
    assert [name for name, _ in scale_pictures(tmp_path)] == ["soak-size.svg", "soak-pickup.svg"]
