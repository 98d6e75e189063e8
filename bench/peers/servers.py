"""The servers that the peers need, started from binaries on PATH, and a fresh place in them for each measure.

BELTLINE_BENCH_POSTGRES (or BELTLINE_TEST_POSTGRES), BELTLINE_BENCH_REDIS and BELTLINE_BENCH_RABBITMQ name
running servers to use instead. A Redis that is named must be empty: it is flushed between measures.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

import psycopg

from bench.peers.catalog import Needs
from bench.peers.rabbitmq import rabbitmq_server
from tests.servers.databases import fresh_database, server_version
from tests.servers.postgres import PostgresServer

POSTGRES_VARIABLES: Final = ("BELTLINE_BENCH_POSTGRES", "BELTLINE_TEST_POSTGRES")
REDIS_VARIABLE: Final = "BELTLINE_BENCH_REDIS"
RABBITMQ_VARIABLE: Final = "BELTLINE_BENCH_RABBITMQ"
START_S: Final = 20.0


class NoServer(Exception):
    """A server is missing; the text says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """An empty place for one measure: `url` for the peer, `name` that no other place has."""

    url: str
    name: str


class Servers:
    """Starts each server when it is first needed, and ends what it started when it is left."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._urls: dict[Needs, str] = {}
        self._missing: dict[Needs, str] = {}
        self._number = 0
        self.described: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def url(self, needs: Needs) -> str:
        """Return the URL of a server, started where it must be. Raises NoServer, each time."""
        if needs in self._missing:
            raise NoServer(self._missing[needs])
        if needs not in self._urls:
            try:
                self._urls[needs] = self._start(needs)
            except NoServer as error:
                self._missing[needs] = str(error)
                raise
        return self._urls[needs]

    @contextmanager
    def place(self, needs: Needs) -> Iterator[Place]:
        """Yield an empty place, and remove it. Raises NoServer."""
        self._number += 1
        name = f"bench_{os.getpid()}_{self._number}"
        if needs is Needs.SQLITE:
            with tempfile.TemporaryDirectory(prefix="beltline-bench-") as folder:
                yield Place(f"sqlite:///{folder}/bench.db", name)
            return
        url = self.url(needs)
        if needs is Needs.POSTGRESQL:
            with fresh_database(url, name) as database:
                yield Place(database, name)
        elif needs is Needs.REDIS:
            _redis(url, "FLUSHDB")
            try:
                yield Place(url, name)
            finally:
                _redis(url, "FLUSHDB")
        else:
            yield Place(url, name)

    def _start(self, needs: Needs) -> str:
        starts = {Needs.POSTGRESQL: self._postgres, Needs.REDIS: self._redis, Needs.RABBITMQ: self._rabbitmq}
        url, text = starts[needs]()
        self.described[needs.value] = text
        return url

    def _postgres(self) -> tuple[str, str]:
        named = _named(*POSTGRES_VARIABLES)
        if named:
            return named, f"{server_version(named)}, a running server; {_postgres_settings(named)}"
        try:
            server = self._stack.enter_context(PostgresServer(durable=True))
        except FileNotFoundError as error:
            raise NoServer(str(error)) from error
        text = f"{server.installation.version} from {server.installation.source}; "
        return server.url, text + _postgres_settings(server.url)

    def _redis(self) -> tuple[str, str]:
        named = _named(REDIS_VARIABLE)
        if named:
            if int(_redis(named, "DBSIZE").lstrip(":")):
                raise NoServer(
                    f"the Redis that {REDIS_VARIABLE} names is not empty: name an empty database of it"
                )
            return named, f"{_redis_version(named)}, a running server"
        binary = shutil.which("redis-server")
        if binary is None:
            raise NoServer(
                f"no redis-server on PATH: install Redis, or name a running one in {REDIS_VARIABLE}"
            )
        url = self._stack.enter_context(_redis_server(binary))
        return url, f"{_redis_version(url)}, as installed: appendonly no, snapshots as Redis sets them"

    def _rabbitmq(self) -> tuple[str, str]:
        named = _named(RABBITMQ_VARIABLE)
        if named:
            return named, "a running server"
        try:
            return self._stack.enter_context(rabbitmq_server()), "started for this run, as installed"
        except FileNotFoundError as error:
            raise NoServer(
                f"{error}: install RabbitMQ, or name a running one in {RABBITMQ_VARIABLE}"
            ) from error
        except TimeoutError as error:
            raise NoServer(str(error)) from error


def analyze(url: str) -> None:
    """Give the planner statistics of what was just submitted, as autovacuum does within a minute."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")


def free_port() -> int:
    """Return a port of the loopback address that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _named(*variables: str) -> str | None:
    return next((os.environ[name] for name in variables if os.environ.get(name)), None)


def _postgres_settings(url: str) -> str:
    names = ("fsync", "synchronous_commit", "shared_buffers", "full_page_writes")
    with psycopg.connect(url) as connection:
        rows = [connection.execute("SELECT current_setting(%s)", [name]).fetchone() for name in names]
    return ", ".join(f"{name} {row[0]}" for name, row in zip(names, rows, strict=True) if row)


@contextmanager
def _redis_server(binary: str) -> Iterator[str]:
    with (
        tempfile.TemporaryDirectory(prefix="beltline-redis-") as folder,
        Path(folder, "log").open("wb") as log,
    ):
        port = free_port()
        process = subprocess.Popen(
            [binary, "--port", str(port), "--bind", "127.0.0.1", "--dir", folder],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us; we end the server ourselves
        )
        try:
            _await_port(port, process)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait()


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise NoServer(f"redis-server did not start within {START_S:.0f} s")


def _redis(url: str, command: str) -> str:
    """Send one command to the database that the URL names; return the first line of the answer."""
    parts = urlsplit(url)
    database = parts.path.strip("/") or "0"
    lines = [f"AUTH {parts.password}"] if parts.password else []
    lines += [f"SELECT {database}", command]
    with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), 10) as connection:
        connection.sendall("".join(f"{line}\r\n" for line in lines).encode())
        answers = connection.makefile("r", encoding="utf-8", newline="\r\n")
        *_, last = (answers.readline().strip() for _ in lines)
        if last.startswith("$"):
            last = answers.read(int(last[1:]))
    if last.startswith("-"):
        raise NoServer(f"Redis refuses {command}: {last[1:]}")
    return last


def _redis_version(url: str) -> str:
    found: Mapping[str, str] = dict(
        line.split(":", 1) for line in _redis(url, "INFO server").splitlines() if ":" in line
    )
    return found.get("redis_version", "unknown")
