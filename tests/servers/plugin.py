"""pytest plug-in: one PostgreSQL a run, one database a worker, one schema a test.

BELTLINE_TEST_POSTGRES names a running server to use; otherwise we start our own. Under xdist the controller
starts it and names it to its workers in that same variable; without xdist the first test that asks starts it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

import pytest

from tests.servers.databases import fresh_database, fresh_schema, server_version
from tests.servers.postgres import PostgresServer, find_installation

SERVER_VARIABLE: Final = "BELTLINE_TEST_POSTGRES"
_OURS: Final = pytest.StashKey[PostgresServer]()


def pytest_configure(config: pytest.Config) -> None:
    controls_workers = config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput")
    if controls_workers and SERVER_VARIABLE not in os.environ:
        server = config.stash[_OURS] = PostgresServer()
        config.add_cleanup(server.close)
        server.start()
        os.environ[SERVER_VARIABLE] = server.url


def pytest_report_header(config: pytest.Config) -> str:
    named = os.environ.get(SERVER_VARIABLE)
    if named and _OURS not in config.stash:
        return f"postgresql: {server_version(named)}, the running server that {SERVER_VARIABLE} names"
    try:
        installation = find_installation()
    except FileNotFoundError as error:
        return f"postgresql: {error}"
    return f"postgresql: {installation.version} from {installation.source}, started for this run"


@pytest.fixture(scope="session")
def postgres_server_url() -> Iterator[str]:
    """The URL of the run's PostgreSQL server, as a user who may create databases."""
    named = os.environ.get(SERVER_VARIABLE)
    if named:
        yield named
        return
    with PostgresServer() as server:
        yield server.url


@pytest.fixture(scope="session")
def postgres_url(postgres_server_url: str, testrun_uid: str, worker_id: str) -> Iterator[str]:
    """The URL of this worker's own database, empty at first."""
    with fresh_database(postgres_server_url, f"beltline_{testrun_uid[:8]}_{worker_id}") as url:
        yield url


@pytest.fixture
def postgres_schema_url(postgres_url: str) -> Iterator[str]:
    """The store URL of a fresh, empty schema of this test alone: `postgresql://.../database?schema=t1`."""
    with fresh_schema(postgres_url) as url:
        yield url
