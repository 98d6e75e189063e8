"""What the doctor says of a server's facts."""

from __future__ import annotations

import pytest

from beltline.engine.diagnosis import Level, vacuum_findings


def test_a_store_without_dead_rows_is_not_asked_for_them() -> None:
    assert list(vacuum_findings({"version": "3.40"})) == []


def test_a_few_dead_rows_are_well() -> None:
    [found] = vacuum_findings({"dead_rows": "90000", "oldest_transaction": "7 900 psql"})

    assert found.level is Level.OK
    assert "90,000" in found.message


@pytest.mark.parametrize(
    ("program", "named"), [("psql", "psql"), ("my report 2", "my report 2"), ("", "unnamed")]
)
def test_who_keeps_dead_rows_is_named_with_how_to_end_that(program: str, named: str) -> None:
    [found] = vacuum_findings({"dead_rows": "1000001", "oldest_transaction": f"4711 3600 {program}"})

    assert found.level is Level.WARNING
    assert f"process 4711 of the server ({named}) has kept a transaction open for 3,600s" in found.message
    assert "pg_terminate_backend(4711)" in found.action


@pytest.mark.parametrize("oldest", [{}, {"oldest_transaction": "4711 59 psql"}])
def test_dead_rows_that_no_transaction_keeps_want_the_owner_of_the_table(oldest: dict[str, str]) -> None:
    [found] = vacuum_findings({"dead_rows": "1000001", **oldest})

    assert found.level is Level.WARNING
    assert "owner" in found.action
