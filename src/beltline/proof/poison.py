"""Jobs that end their workers, among good ones: `python -m beltline.proof.poison`.

The bodies run on the loop of a real worker, supervised, on a new SQLite store. Measured is first a drain of
good jobs alone, then one with poisonous ones: what becomes of all, and how fast good ones go that come when
each poisonous job is known as suspect, from the first of their ends to the last. `--good` and `--poison` say
how many, `--json` how to print.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from beltline.client.beltline import Beltline
from beltline.core.clock import MICROS
from beltline.core.decide import LOST_UNTIL_SUSPECT
from beltline.core.job import Job
from beltline.core.reasons import Reason
from beltline.core.states import FINAL, JobState
from beltline.engine.definitions import apply_definitions
from beltline.engine.submit import JobOptions
from beltline.proof import poison_app as app
from beltline.store.pages import JobFilter, ListJobs

GOOD: Final = 10_000
POISON: Final = 100
LEASE: Final = "1s"
_NAMESPACE: Final = "default"
_LOOK_S: Final = 0.05
_PAGE: Final = 1_000


def measure(good: int, poison: int) -> dict[str, object]:
    """Return the figures."""
    clean = asyncio.run(_drain(good, 0))
    mixed = asyncio.run(_drain(good, poison))
    return {
        "good": good,
        "poison": poison,
        "good_per_s": clean["per_s"],
        "good_per_s_once_suspects_are_known": mixed["per_s"],
        "ratio": round(float(str(mixed["per_s"])) / float(str(clean["per_s"])), 2),
        "seconds_until_suspects_are_known": mixed["known_s"],
        "seconds_to_the_last_end": mixed["seconds"],
        "ends": mixed["ends"],
    }


async def _drain(good: int, poison: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/poison.db"
        async with Beltline(url) as belt:
            await apply_definitions(belt.store, _NAMESPACE, app.belt.registry)
            early = good // 2 if poison else 0
            late = good - early
            each = max(1, early // max(1, poison))
            for number in range(poison):
                await belt.submit_many("good", ({"number": n} for n in range(each)))
                await belt.submit("poison", {"number": number})
            began = time.perf_counter()
            with _worker(url):
                # While workers die, the good jobs that they held are lost with them, and run again.
                await _until_known(belt, poison)
                known_s = time.perf_counter() - began
                options = JobOptions(queue="late")
                await belt.submit_many("good", ({"number": n} for n in range(late)), options=options)
                await _until_done(belt, "late")
                await _until_done(belt, "good")
                await _until_done(belt, "poison")
                seconds = time.perf_counter() - began
            return {
                "per_s": await _rate(belt, "late"),
                "known_s": round(known_s, 1),
                "seconds": round(seconds, 1),
                "ends": await _ends(belt),
            }


@contextmanager
def _worker(url: str) -> Iterator[None]:
    path = str(Path(app.__file__))
    command = [sys.executable, "-m", "beltline.cli", "work", path, "--store", url, "--lease", LEASE]
    worker = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait()


async def _until_known(belt: Beltline, poison: int) -> None:
    while poison:
        found = [job async for job in _jobs(belt, "poison")]
        if all(job.crashes >= LOST_UNTIL_SUSPECT for job in found):
            return
        await asyncio.sleep(_LOOK_S)


async def _rate(belt: Beltline, queue: str) -> float:
    """How many jobs of a queue ended in a second."""
    ends = [job.finished_at or 0 async for job in _jobs(belt, "good") if job.queue == queue]
    return round(len(ends) / (max(ends) - min(ends)) * MICROS, 1)


async def _jobs(belt: Beltline, definition: str) -> AsyncIterator[Job]:
    before = None
    while True:
        where = JobFilter(definition=definition)
        page = await belt.store.reads.page(
            ListJobs(namespace=_NAMESPACE, where=where, before=before, limit=_PAGE)
        )
        for job in page.items:
            yield job
        before = page.next
        if before is None:
            return


async def _until_done(belt: Beltline, queue: str) -> None:
    while True:
        counts = await belt.store.reads.counts(_NAMESPACE)
        if not any(row.queue == queue and row.state not in FINAL for row in counts):
            return
        await asyncio.sleep(_LOOK_S)


async def _ends(belt: Beltline) -> dict[str, int]:
    """How many jobs of each kind came to which end."""
    ends: dict[str, int] = {}
    for definition in ("good", "poison"):
        async for job in _jobs(belt, definition):
            end = "succeeded" if job.state is JobState.SUCCEEDED else Reason(job.reason).value
            key = f"{definition} {end}"
            ends[key] = ends.get(key, 0) + 1
    return ends


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m beltline.proof.poison")
    parser.add_argument("--good", type=int, default=GOOD)
    parser.add_argument("--poison", type=int, default=POISON)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    figures = measure(given.good, given.poison)
    if given.json:
        print(json.dumps(figures))
        return
    for key, value in figures.items():
        print(f"{key:36} {value}")


if __name__ == "__main__":
    main(sys.argv[1:])
