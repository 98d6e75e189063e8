"""Measures cost against size on both stores: `python -m bench.scale`; `--soak 30` runs a steady load instead.

Each curve is kept in bench/results/ as soon as it is measured; `--resume` takes the rest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from bench.machine import commit, machine
from bench.peers.catalog import Needs
from bench.peers.results import RESULTS
from bench.peers.servers import NoServer, Servers
from bench.scale.curves import CURVES, Curves, Extent
from bench.scale.soak import soak

STORES = {"postgresql": Needs.POSTGRESQL, "sqlite": Needs.SQLITE}


def measure(curves: Curves, wanted: list[str], file: Path, *, resume: bool) -> None:
    """Measure the curves that are wanted and write each to the file."""
    found: dict[str, Any] = {
        "store": curves.needs.value,
        "commit": commit(),
        "machine": machine(),
        "curves": {},
    }
    if file.exists():
        kept = json.loads(file.read_text("utf-8"))
        if kept["commit"] == found["commit"]:
            found = kept
    found.setdefault("jobs", curves.extent.jobs)
    if not (resume and "service_ms" in found):
        curves.say(f"{curves.needs}: service times")
        found["service_ms"] = curves.service()
    for name in wanted:
        if resume and name in found["curves"]:
            continue
        points = []
        for point in getattr(curves, name)():
            curves.say(f"{curves.needs} {name} {_shown(point)}")
            points.append(point)
        found["curves"][name] = points
        found["server"] = curves.servers.described.get(
            curves.needs.value, "a file, SQLite of the interpreter"
        )
        _write(file, found)
    _write(file, found)


def _write(file: Path, found: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def _shown(point: Mapping[str, Any]) -> str:
    ratio = f", {point['ratio']:.2f} of the empty store's" if "ratio" in point else ""
    return f"{point['x']:,}: {point['per_s']:,.0f}/s{ratio}"


@click.command()
@click.option("--store", "only", type=click.Choice(sorted(STORES)), help="Only this store.")
@click.option("--curves", "names", default="", metavar="A,B", help=f"Only these of {', '.join(CURVES)}.")
@click.option("--jobs", default=Extent().jobs, show_default=True, help="Jobs of each drain.")
@click.option(
    "--rounds", default=Extent().rounds, show_default=True, help="Drains of each point; the median counts."
)
@click.option("--most-kept", default=10_000_000, show_default=True, help="Where the curve of kept jobs ends.")
@click.option(
    "--most-queued", default=1_000_000, show_default=True, help="Where the curve of queued jobs ends."
)
@click.option("--resume", is_flag=True, help="Keep the curves that are there, of the same commit.")
@click.option(
    "--soak", "minutes", type=float, help="Run a steady load on PostgreSQL for so many minutes instead."
)
@click.option(
    "--rate", type=float, help="Jobs a second of the soak.  [default: half of what a drain reaches]"
)
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=RESULTS,
    help="Folder of the JSON files.",
    metavar="DIR",
)
def main(
    *,
    only: str | None,
    names: str,
    jobs: int,
    rounds: int,
    most_kept: int,
    most_queued: int,
    resume: bool,
    minutes: float | None,
    rate: float | None,
    results: Path,
) -> None:
    """Measure, and keep the figures."""
    unknown = sorted(set(filter(None, names.split(","))) - set(CURVES))
    if unknown:
        raise click.UsageError(f"unknown curves {', '.join(unknown)}; known are {', '.join(CURVES)}")
    wanted = [name for name in CURVES if not names or name in names.split(",")]
    extent = Extent()
    extent = replace(
        extent,
        jobs=jobs,
        rounds=rounds,
        kept=tuple(size for size in extent.kept if size <= most_kept),
        queued=tuple(size for size in extent.queued if size <= most_queued),
    )
    say = _say
    with Servers() as servers:
        try:
            if minutes is not None:
                _write(results / "soak.json", soak(servers, minutes, rate, say))
                return
            for name, needs in STORES.items():
                if only in {None, name}:
                    measure(
                        Curves(needs, servers, extent, say),
                        wanted,
                        results / f"scale-{name}.json",
                        resume=resume,
                    )
        except NoServer as error:
            raise click.ClickException(str(error)) from error


def _say(text: str) -> None:
    click.echo(text, err=True)


if __name__ == "__main__":
    main()
