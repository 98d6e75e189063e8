"""Runs `beltline bench` on both stores, three times each, and keeps the figures in bench/results/.

PostgreSQL is the server that BELTLINE_BENCH_POSTGRES names (it gets a schema of its own), else our own with
durability on.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tests.servers.postgres import PostgresServer

RESULTS = Path(__file__).parent / "results"


@contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/bench.db"


@contextmanager
def _postgresql() -> Iterator[str]:
    named = os.environ.get("BELTLINE_BENCH_POSTGRES")
    if named:
        yield f"{named}?schema=bench_{os.getpid()}"
    else:
        with PostgresServer(durable=True) as server:
            yield server.url


def _once(url: str, jobs: int) -> dict[str, object]:
    command = [sys.executable, "-m", "beltline.cli", "bench", "--json"]
    command += ["--store", url, "--jobs", str(jobs)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, object] = json.loads(done.stdout)
    return figures


def _median(runs: list[dict[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, first in runs[0].items():
        if isinstance(first, dict):
            found[name] = _median([run[name] for run in runs])  # type: ignore[misc]  # the runs have one shape
        elif isinstance(first, int | float):
            found[name] = statistics.median(run[name] for run in runs)  # type: ignore[type-var]  # as above
        else:
            found[name] = first
    return found


def _machine() -> dict[str, object]:
    return {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}


@click.command()
@click.option("--jobs", default=20_000, show_default=True, help="Jobs of the bulk submit and the drain.")
@click.option("--runs", default=3, show_default=True, help="Runs on each store; the median is kept.")
@click.option("--store", "only", type=click.Choice(["sqlite", "postgresql"]), help="Only this store.")
def main(jobs: int, runs: int, only: str | None) -> None:
    """Measure both stores and keep the medians."""
    RESULTS.mkdir(exist_ok=True)
    for name, opened in (("sqlite", _sqlite), ("postgresql", _postgresql)):
        if only in {None, name}:
            found = []
            for number in range(runs):
                click.echo(f"{name}: run {number + 1} of {runs}", err=True)
                with opened() as url:
                    found.append(_once(url, jobs))
            record = {"machine": _machine(), "runs": runs, "median": _median(found), "each": found}
            (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")
            click.echo(json.dumps(record["median"], indent=1))


if __name__ == "__main__":
    main()
