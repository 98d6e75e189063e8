"""A steady load for a long time, on PostgreSQL as it is set up: do sizes and waits level off?"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

import psycopg

from bench.machine import commit, machine
from bench.peers.adapter import NOOP, RECORD
from bench.peers.catalog import OURS, Needs
from bench.peers.environments import interpreter
from bench.peers.link import Driver, Workers, workers
from bench.peers.measures import START_LIMIT_S, Bench, Sizes, await_runs, drain
from bench.peers.servers import Servers
from bench.scale.fill import Say

TICK_S: Final = 0.05
SAMPLE_S: Final = 10.0
PROBE_JOBS: Final = 20_000
_SIZES: Final = """
SELECT c.relname, c.relkind::text, pg_relation_size(c.oid), coalesce(s.n_dead_tup, 0)
FROM pg_class AS c
LEFT JOIN pg_stat_user_tables AS s ON s.relid = c.oid
WHERE c.oid = 'jobs'::regclass OR c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'jobs'::regclass)
"""


@dataclass(slots=True)
class Waits:
    """Pairs what was submitted with what began: jobs are numbered in the order of their submits."""

    runs_file: Path
    firsts: list[int] = field(default_factory=list)
    stamps: list[int] = field(default_factory=list)
    offset: int = 0

    def submitted(self, first: int, at: int) -> None:
        """Note when the batch that begins with this number was about to be submitted."""
        self.firsts.append(first)
        self.stamps.append(at)

    def since(self) -> list[float]:
        """Return the waits, in ms, of the bodies that began since the last call."""
        if not self.runs_file.exists():
            return []
        with self.runs_file.open("rb") as file:
            file.seek(self.offset)
            content = file.read()
        whole = len(content) // RECORD.size * RECORD.size
        self.offset += whole
        return [
            (at - self.stamps[bisect_right(self.firsts, number) - 1]) / 1e6
            for number, at in RECORD.iter_unpack(content[:whole])
        ]


def soak(servers: Servers, minutes: float, rate: float | None, say: Say) -> dict[str, Any]:
    """Submit at a steady rate, with one worker, and look every ten seconds. Return the samples."""
    peer = next(peer for peer in OURS if peer.needs is Needs.POSTGRESQL)
    bench = Bench(peer, interpreter(peer), servers, Sizes(jobs=PROBE_JOBS))
    if rate is None:
        most = drain(lambda sizes: sizes.jobs, "drain", 1)(bench)["drain_1_per_s"]
        rate = most / 2
        say(f"a drain reaches {most:,.0f} jobs/s; the soak submits {rate:,.0f}")
    with bench.scene() as by, workers(by.scene, by.opened["workers"][NOOP], 1) as them:
        samples = asyncio.run(_run(by, them, minutes, rate, say))
    return {
        "commit": commit(),
        "machine": machine(),
        "server": servers.described[Needs.POSTGRESQL.value],
        "minutes": minutes,
        "rate_per_s": round(rate, 1),
        "samples": samples,
    }


async def _run(by: Driver, them: Workers, minutes: float, rate: float, say: Say) -> list[dict[str, float]]:
    waits = Waits(by.scene.runs_file)
    waits.submitted(0, time.time_ns())
    by.ask(do="submit", work=NOOP, first=0, jobs=1, limit_s=START_LIMIT_S)
    # The worker's start is no part of the load.
    await_runs(by.scene, them, 1, START_LIMIT_S)
    waits.since()
    began = time.monotonic()
    number, samples, next_sample = 1, [], SAMPLE_S
    with psycopg.connect(by.scene.place.url, autocommit=True) as connection:
        while (passed := time.monotonic() - began) < 60 * minutes:
            due = int(passed * rate) - number
            if due > 0:
                waits.submitted(number, time.time_ns())
                await asyncio.to_thread(by.ask, do="bulk", work=NOOP, first=number, jobs=due, limit_s=600)
                number += due
            if passed >= next_sample:
                next_sample += SAMPLE_S
                samples.append(_sample(connection, waits, passed, number))
                say("  ".join(f"{name} {value:,.5g}" for name, value in samples[-1].items()))
                them.check()
            await asyncio.sleep(TICK_S)
    return samples


def _sample(
    connection: psycopg.Connection[tuple[Any, ...]], waits: Waits, passed: float, submitted: int
) -> dict[str, float]:
    sizes = connection.execute(_SIZES).fetchall()
    found = waits.since()
    cuts = quantiles(found, n=100, method="inclusive") if len(found) > 1 else [0.0] * 99
    return {
        "s": round(passed, 1),
        "submitted": submitted,
        "begun": waits.offset // RECORD.size,
        "table_mb": round(sum(size for _, kind, size, _ in sizes if kind == "r") / 1e6, 3),
        "index_mb": round(sum(size for _, kind, size, _ in sizes if kind == "i") / 1e6, 3),
        "dead_rows": sum(dead for _, kind, _, dead in sizes if kind == "r"),
        "p50_ms": round(cuts[49], 3),
        "p99_ms": round(cuts[98], 3),
    }
