"""Measures Beltline and its peers in turn: `python -m bench.peers --peers huey,pgqueuer`.

A measure is taken of each peer before the next measure begins, so that what the machine does meanwhile
meets all of them. One JSON file a peer is kept in bench/results/, written after each measure.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import click

from bench.machine import commit, machine
from bench.peers.catalog import Peer, chosen
from bench.peers.environments import NotInstalled, interpreter, versions
from bench.peers.link import PeerFailed
from bench.peers.measures import MEASURES, Bench, Sizes, is_settled
from bench.peers.results import RESULTS, Record, Taken, read_record, sizes_of, taken_up
from bench.peers.servers import NoServer, Servers
from bench.peers.table import table


class Series:
    """The peers of one run, with what is known of each."""

    def __init__(
        self, servers: Servers, sizes: Sizes, folder: Path, measures: Sequence[str], *, peer_limit_s: float
    ) -> None:
        self._servers, self._sizes, self._folder, self._limit_s = servers, sizes, folder, peer_limit_s
        self._measures = measures
        self._taken: Taken = {"commit": commit(), "machine": machine()}
        self.records: list[Record] = []
        self._benches: list[tuple[Bench, Record]] = []

    def add(self, peer: Peer, *, resume: bool) -> None:
        """Install a peer, start its server, and ask its adapter for its settings; note why that fails."""
        record = Record(peer.name, peer.title, peer.needs.value, sizes_of(self._sizes))
        kept = read_record(self._folder, peer.name)
        of = self._taken["commit"] if resume else ""
        record = taken_up(kept, record, commit=of, measures=self._measures)
        self.records.append(record)
        _say(f"{peer.name}: preparing")
        try:
            python = interpreter(peer)
            record.versions = versions(peer, python)
            bench = Bench(peer, python, self._servers, self._sizes)
            with bench.scene() as by:
                record.settings = by.opened["settings"]
        except (NotInstalled, NoServer, PeerFailed) as error:
            record.faults["all"] = str(error)
            _say(f"{peer.name}: left out: {error}")
        else:
            self._benches.append((bench, record))
        record.server = self._servers.described.get(peer.needs.value, "a file, SQLite of the interpreter")
        record.write(self._folder)

    def measure(self, name: str, number: int) -> None:
        """Take one measure of each peer that has it not yet for this round."""
        for bench, record in self._benches:
            rounds = record.rounds.get(name, ())
            if len(rounds) >= number or name in record.faults or is_settled(name, rounds):
                continue
            if record.seconds > self._limit_s:
                record.faults[name] = f"not measured: the peer's time, {self._limit_s:.0f} s, was used up"
            else:
                self._take(name, bench, record)
            record.write(self._folder)

    def _take(self, name: str, bench: Bench, record: Record) -> None:
        began = time.monotonic()
        try:
            figures = MEASURES[name](bench)
        except (PeerFailed, NoServer) as error:
            record.faults[name] = str(error)
            _say(f"  {record.peer} {name}: failed: {error}")
        else:
            record.rounds.setdefault(name, []).append(figures)
            record.taken[name] = self._taken
            shown = "  ".join(f"{key} {value:,.4g}" for key, value in figures.items())
            _say(f"  {record.peer} {name}: {shown}")
        record.seconds += time.monotonic() - began


def _say(text: str) -> None:
    click.echo(text, err=True)


@click.command()
@click.option(
    "--peers", "names", default="", metavar="A,B", help="Only these; Beltline's own are always there."
)
@click.option(
    "--measures",
    default="",
    metavar="A,B",
    help=f"Only these of {', '.join(MEASURES)}; what is kept of others stays.",
)
@click.option(
    "--rounds", default=3, show_default=True, help="How often each is measured; the median is shown."
)
@click.option("--jobs", default=Sizes().jobs, show_default=True, help="Jobs of a bulk submit and its drain.")
@click.option("--large", default=Sizes().large, show_default=True, help="Jobs of the large drain.")
@click.option("--tiny", is_flag=True, help="Almost nothing of everything: does it work?")
@click.option(
    "--limit", default=Sizes().limit_s, show_default=True, help="Seconds after which a drain is cut."
)
@click.option(
    "--kill-wait", default=Sizes().kill_wait_s, show_default=True, help="Seconds to wait for lost jobs."
)
@click.option("--peer-limit", default=1_800.0, show_default=True, help="Seconds for one peer, in all.")
@click.option("--resume", is_flag=True, help="Go on: keep the rounds that are there, of the same commit.")
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=RESULTS,
    help="Folder of the JSON files.",
    metavar="DIR",
)
def main(
    *,
    names: str,
    measures: str,
    rounds: int,
    jobs: int,
    large: int,
    tiny: bool,
    limit: float,
    kill_wait: float,
    peer_limit: float,
    resume: bool,
    results: Path,
) -> None:
    """Measure Beltline and its peers, and print one table."""
    try:
        peers = chosen(names)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    wanted = [name for name in MEASURES if not measures or name in measures.split(",")]
    sizes = Sizes(jobs=jobs, large=large, limit_s=limit, kill_wait_s=kill_wait)
    if tiny:
        sizes = replace(
            sizes, singles=100, jobs=300, large=600, burns=100, pickups=20, idle_s=1.0, killed=120, limit_s=20
        )
    with Servers() as servers:
        series = Series(servers, sizes, results, wanted, peer_limit_s=peer_limit)
        for peer in peers:
            series.add(peer, resume=resume)
        with suppress(KeyboardInterrupt):
            for number in range(1, rounds + 1):
                for name in wanted:
                    _say(f"[round {number} of {rounds}] {name}")
                    series.measure(name, number)
    click.echo(table(series.records))
    _say(f"kept in {results}; `python -m bench.report` writes docs/benchmarks.md from them")


if __name__ == "__main__":
    sys.exit(main())
