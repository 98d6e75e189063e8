"""SQL lives in files, under the store, the same files for both databases, each with its reason on top."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from tests.architecture.source import REPOSITORY, Source, expect_none, faults_in

STORE: Final = REPOSITORY / "src" / "beltline" / "store"
FOLDERS: Final = ("sql", "migrations")

# A file that only one database needs, with the reason: `sql/notify.sql` for instance.
ONE_SIDED: Final[Mapping[str, str]] = MappingProxyType(
    {
        f"sql/{name}.sql": reason
        for reason, names in (
            (
                "SQLite changes no data in a WITH clause: one PostgreSQL statement is a few of its steps",
                """apply_attempts apply_grown apply_keys apply_leave apply_linked apply_missed apply_outcomes
                apply_parents apply_settled apply_watched batch_fold_remove batch_fold_until claim_take
                deltas_append edge_front edge_kinds edge_overdue fold_remove fold_until group_leave log_trim
                prune_artifacts prune_attempts prune_batches
                prune_dead_find prune_history_find prune_logs prune_marks prune_positions
                prune_replays_find prune_signals prune_steps release_find release_forget release_left
                remove_keys replay_attempts replay_find replay_grown replay_keys replay_leave
                session_requests""",
            ),
            (
                "SQLite has one writer and no SKIP LOCKED: it merges the fronts of all queues at once",
                "claim_fronts claim_named_queues claim_session",
            ),
            ("a database in memory begins as a copy of a migrated one", "identity_new migrations_dated"),
            ("COPY, which SQLite has not, counts nothing beside its rows", "insert_counts"),
            ("SQLite looks whether it was ever migrated before it takes the write lock", "migrations_exist"),
            (
                "PostgreSQL partitions history by day",
                "history_drop_day history_make_day history_new_days history_old_days",
            ),
            (
                "PostgreSQL has many writers: what must not run at once takes a lock",
                "edge_touch lock lock_jobs prune_lock release_take",
            ),
            ("PostgreSQL has dead entries at the front: a busy store remembers where it was", "filled"),
            ("PostgreSQL keeps rows that are gone until a vacuum", "vacuum vacuum_begin vacuum_end"),
            ("PostgreSQL has schemas, and a schema may be missing or foreign", "schema_create schema_facts"),
            ("PostgreSQL keeps the time and tells other processes", "notify server_time session_able"),
            ("PostgreSQL plans what reads whole tables, or a time, otherwise", "scan_settings time_settings"),
            (
                "a caller's PostgreSQL connection takes one statement with one argument",
                "insert_with link_look link_store step_record_with",
            ),
        )
        for name in names.split()
    }
)

MAY_HOLD_SQL: Final = MappingProxyType({"src/beltline/store/*": "the store is where SQL lives"})
STATEMENT: Final = re.compile(
    r"\b(select\b.+\bfrom\s+\w|insert\s+into\s+\w|update\s+\w+\s+set\b.+=|delete\s+from\s+\w"
    r"|(create|drop|alter)\s+(table|index|schema|database)\b|pragma\s+\w|begin\s+immediate)",
    re.IGNORECASE | re.DOTALL,
)


def sql_outside_the_store(source: Source) -> Iterator[tuple[int, str]]:
    prose = {id(node.value) for node in ast.walk(source.tree) if isinstance(node, ast.Expr)}
    parts = {
        id(part) for node in ast.walk(source.tree) if isinstance(node, ast.JoinedStr) for part in node.values
    }
    for node in ast.walk(source.tree):
        if id(node) not in prose | parts and STATEMENT.search(_text(node)):
            yield getattr(node, "lineno", 1), f"SQL outside the store: {_text(node)[:60]!r}"


def one_sided_files(sqlite: Path, postgres: Path, allowed: Mapping[str, str]) -> list[str]:
    """The SQL files that one database has and the other has not, and exceptions that are none."""
    names = [
        {f"{folder}/{file.name}" for folder in FOLDERS for file in (side / folder).glob("*.sql")}
        for side in (sqlite, postgres)
    ]
    odd = names[0] ^ names[1]
    return [f"{name} has no twin" for name in sorted(odd - allowed.keys())] + [
        f"{name} is listed as one-sided, but is not" for name in sorted(allowed.keys() - odd)
    ]


def uncommented_files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.rglob("*.sql") if not file.read_text("utf-8").startswith("--"))


def test_sql_lives_in_the_store() -> None:
    expect_none(sql_outside_the_store, "src", allowed=MAY_HOLD_SQL)


def test_both_stores_have_the_same_files() -> None:
    assert one_sided_files(STORE / "sqlite", STORE / "postgres", ONE_SIDED) == []


def test_every_sql_file_opens_with_its_reason() -> None:
    assert uncommented_files(REPOSITORY / "src") + uncommented_files(REPOSITORY / "bench") == []


def test_sql_outside_the_store_is_found() -> None:
    assert (
        faults_in(sql_outside_the_store, '"""Select jobs from a queue."""\nx = "update the set of jobs"')
        == []
    )
    assert faults_in(sql_outside_the_store, 'x = "SELECT id FROM jobs"')
    assert faults_in(sql_outside_the_store, 'x = f"select {columns} from {table}"')
    assert faults_in(sql_outside_the_store, 'x = "PRAGMA journal_mode"')


def test_a_file_without_its_twin_is_found(tmp_path: Path) -> None:
    for name in ("sqlite/sql/claim.sql", "postgres/sql/claim.sql", "sqlite/migrations/0001_initial.sql"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    sides = tmp_path / "sqlite", tmp_path / "postgres"

    assert one_sided_files(*sides, {}) == ["migrations/0001_initial.sql has no twin"]
    assert one_sided_files(*sides, {"migrations/0001_initial.sql": "why"}) == []
    assert one_sided_files(*sides, {"migrations/0001_initial.sql": "why", "sql/claim.sql": "why"}) == [
        "sql/claim.sql is listed as one-sided, but is not"
    ]


def test_a_file_without_a_comment_is_found(tmp_path: Path) -> None:
    (tmp_path / "good.sql").write_text("-- Guards the fence.\nSELECT 1")
    (tmp_path / "bad.sql").write_text("SELECT 1")

    assert uncommented_files(tmp_path) == ["bad.sql"]


def _text(node: ast.AST) -> str:
    """The text of a string, with a word in place of each value that an f-string puts in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "value" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
