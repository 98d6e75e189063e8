"""The launcher itself: a server that starts, comes back after a kill, and leaves nothing behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.servers.databases import server_version
from tests.servers.postgres import BIN_VARIABLE, PostgresServer, find_installation


def test_a_killed_server_comes_back_at_the_same_url_with_what_was_committed() -> None:
    with PostgresServer() as server:
        url = server.url
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
            server.kill()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")

        server.start()

        assert server.url == url
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT one FROM kept").fetchall() == [(1,)]


def test_a_stopped_server_refuses_connections_until_it_is_started() -> None:
    with PostgresServer() as server:
        server.stop()
        with pytest.raises(psycopg.OperationalError):
            server_version(server.url)

        server.restart()

        assert server_version(server.url) == server.installation.version


def test_a_durable_server_keeps_the_safe_settings() -> None:
    server = PostgresServer(durable=True, settings={"work_mem": "7MB"})
    with server, psycopg.connect(server.url) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SHOW work_mem").fetchone() == ("7MB",)


def test_a_server_goes_when_its_owner_is_killed() -> None:
    program = (
        "from tests.servers.postgres import PostgresServer\n"
        "server = PostgresServer()\n"
        "server.start()\n"
        "print(server.folder, server.url, server._watchdog.pid, flush=True)\n"
        "input()\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout
    folder, url, watchdog = owner.stdout.readline().split()
    assert server_version(url)

    owner.send_signal(signal.SIGKILL)
    owner.communicate()

    _await_end(int(watchdog))
    assert not Path(folder).exists()
    with pytest.raises(psycopg.OperationalError):
        server_version(url)


def test_an_unfit_folder_of_binaries_is_named_in_the_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(BIN_VARIABLE, str(tmp_path))

    with pytest.raises(FileNotFoundError, match=BIN_VARIABLE):
        find_installation()


def test_the_store_url_of_a_test_names_a_schema_that_is_empty(postgres_schema_url: str) -> None:
    base, _, schema = postgres_schema_url.partition("?schema=")

    with psycopg.connect(base) as connection:
        held = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = %s", [schema])
        assert held.fetchone() == (0,)


def _await_end(pid: int) -> None:
    """Return when the process, no child of ours, has ended."""
    handle = os.pidfd_open(pid)
    select.select([handle], [], [], 30)
    os.close(handle)
