"""What a peer must be able to do, and what its two jobs do.

This runs in the environment of each peer, so it needs the standard library only.
"""

from __future__ import annotations

import os
import struct
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, Protocol

URL_VARIABLE: Final = "BENCH_URL"
RUNS_VARIABLE: Final = "BENCH_RUNS"
PLACE_VARIABLE: Final = "BENCH_PLACE"
RECORD: Final = struct.Struct("<qq")
BURN_S: Final = 0.005

NOOP: Final = "noop"
BURN: Final = "burn"


class Adapter(Protocol):
    """One peer on one store. `work` is `noop` or `burn`; jobs are told apart by their number.

    Attributes:
        settings: what was set and by whose advice, in words; goes into the results.
        has_bulk: whether the peer has a call that submits many jobs at once. Where it has none, `submit_bulk`
            submits them in the quickest other way.
    """

    settings: Mapping[str, str]
    has_bulk: bool

    async def open(self) -> None:
        """Connect; make what the store needs where it is empty."""
        ...

    async def close(self) -> None:
        """Disconnect, and remove from a server what dropping the database does not remove."""
        ...

    async def submit(self, work: str, number: int) -> None:
        """Submit one job; it is stored when this returns."""
        ...

    async def submit_bulk(self, work: str, numbers: Sequence[int]) -> None:
        """Submit many jobs."""
        ...

    async def unfinished(self) -> int | None:
        """Return how many jobs the store holds as not finished; None where it does not tell."""
        ...

    def worker(self, work: str) -> list[str]:
        """Return the command, after the interpreter's name, of a worker with one process for bodies."""
        ...


def store_url() -> str:
    """Return the URL of the server, database or file that this run is given, empty at first."""
    return os.environ[URL_VARIABLE]


def place() -> str:
    """Return a name that no other run uses, for a queue on a server that runs share."""
    return os.environ[PLACE_VARIABLE]


def noop(number: int) -> None:
    """Be the body that does nothing but tell that it began."""
    os.write(_runs(), RECORD.pack(number, time.time_ns()))


def burn(number: int) -> None:
    """Be the body that uses the processor for 5 ms, in Python code, and tells that it ended."""
    until = time.thread_time() + BURN_S
    while time.thread_time() < until:
        pass
    os.write(_runs(), RECORD.pack(number, time.time_ns()))


def script(module_name: str) -> list[str]:
    """Return the command that runs an adapter's own module as a worker."""
    return ["-m", module_name]


def program(name: str) -> str:
    """Return the path of a program in the environment of this interpreter."""
    return os.path.join(os.path.dirname(sys.executable), name)  # noqa: PTH118, PTH120 - not resolved: it is a link


@cache
def _runs() -> int:
    """The file to which each body appends one record; a small append is not torn."""
    return os.open(os.environ[RUNS_VARIABLE], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
