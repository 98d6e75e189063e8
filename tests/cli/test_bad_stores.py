"""Stores that cannot be used: the message says what to do, the exit code is 4, and no password is told."""

from __future__ import annotations

import socket
import sqlite3
from pathlib import Path

import pytest

from tests.cli.shop import Shop, Terminal


@pytest.mark.parametrize("url", ["mysql://me:s3cret@host/db", "beltline.db", "postgresql://host:port/db"])
def test_a_url_that_names_no_store_is_refused(url: str, terminal: Terminal) -> None:
    ran = terminal("jobs", "ls", "--store", url)

    assert ran.code == 2
    assert "config_invalid" in ran.err
    assert "postgresql://user@host/database" in ran.err
    assert "s3cret" not in ran.err


def test_a_folder_that_does_not_exist_is_named(terminal: Terminal, tmp_path: Path) -> None:
    ran = terminal("jobs", "ls", "--store", f"sqlite:///{tmp_path}/gone/x.db")

    assert ran.code == 4
    assert f"{tmp_path}/gone" in ran.err


def test_a_file_that_is_no_database_is_left_alone(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("milk, bread, " * 1_000, "utf-8")

    ran = terminal("jobs", "ls", "--store", f"sqlite:///{file}")

    assert ran.code == 4
    assert str(file) in ran.err
    assert file.read_text("utf-8").startswith("milk")


def test_a_server_that_does_not_answer_is_unavailable(terminal: Terminal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        ran = terminal("jobs", "ls", "--store", f"postgresql://me:s3cret@127.0.0.1:{port}/db", "--json")

    assert ran.code == 4
    assert ran.error["code"] == "store_unavailable"
    assert "s3cret" not in ran.err


def test_a_database_that_does_not_exist_is_named(terminal: Terminal, postgres_server_url: str) -> None:
    ran = terminal("jobs", "ls", "--store", postgres_server_url.rsplit("/", 1)[0] + "/no_such_database")

    assert ran.code == 4
    assert "no_such_database" in ran.err


def test_a_schema_that_a_newer_beltline_made_is_left_alone(cli: Terminal, shop: Shop) -> None:
    with sqlite3.connect(shop.url.removeprefix("sqlite:///")) as connection:
        connection.execute(
            "INSERT INTO migrations (number, name, checksum, breaking, applied_at)"
            " VALUES (9999, '9999_future', 'x', 1, 1)"
        )
    connection.close()

    ran = cli("jobs", "ls")

    assert ran.code == 4
    assert "schema_too_new" in ran.err
    assert "newer" in ran.err
