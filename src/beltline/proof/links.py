"""What waiting for each other costs: a chain, a fan out and in, and a batch tree, beside plain jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import SystemRandom
from typing import Final

from beltline.client.beltline import Beltline
from beltline.client.handle import JobHandle
from beltline.core.clock import SystemClock
from beltline.core.ids import new_id
from beltline.proof import bench_app
from beltline.proof.size import drain

LINKS: Final = 1_000
CHUNK: Final = 10_000

Say = Callable[[str], None]


async def measure_links(url: str, jobs: int, *, concurrency: int, say: Say) -> dict[str, object]:
    """Return the figures: milliseconds a link, and the rates of fan and tree as a part of that of plain jobs.

    Each drain has a namespace of its own in the store, where its jobs stay.
    """
    figures: dict[str, object] = {"links": min(LINKS, jobs), "linked_jobs": jobs}
    say(f"draining {jobs:,} plain jobs")
    plain_s = await _timed(url, concurrency, lambda noop: _plain(noop, jobs))
    say(f"draining a chain of {min(LINKS, jobs):,}")
    chain_s = await _timed(url, concurrency, lambda noop: _chain(noop, min(LINKS, jobs)))
    say(f"draining a fan of {jobs:,}, out and in")
    fan_s = await _timed(url, concurrency, lambda noop: _fan(noop, jobs))
    say(f"draining a batch tree of {jobs:,} items")
    tree_s = await _timed(url, concurrency, lambda noop: _tree(noop, jobs))
    return figures | {
        "chain_ms_a_link": 1_000 * chain_s / min(LINKS, jobs),
        "plain_s": plain_s,
        "fan_s": fan_s,
        "fan_to_plain": fan_s / plain_s,
        "tree_s": tree_s,
        "tree_rate_to_plain": plain_s / tree_s,
    }


class _Noop:
    """The jobs of a benchmark, bound to a namespace of their own."""

    def __init__(self, belt: Beltline) -> None:
        self.noop: JobHandle[int] = belt.job(bench_app.noop.definition.handler, version="bench")
        tree = bench_app.tree.definition
        self.tree: JobHandle[int] = belt.job(tree.handler, name=tree.name, version="bench")


async def _timed(url: str, concurrency: int, submit: Callable[[_Noop], Awaitable[int]]) -> float:
    """Return how many seconds a worker takes for what is submitted, its start left out."""
    namespace = "links-" + new_id(SystemClock().now(), SystemRandom())[-8:]
    async with Beltline(url, namespace=namespace) as belt:
        count = await submit(_Noop(belt))
    return count / await asyncio.to_thread(drain, url, namespace, concurrency)


async def _plain(jobs: _Noop, count: int) -> int:
    for first in range(0, count, CHUNK):
        numbers = range(first, min(first + CHUNK, count))
        await jobs.noop.submit_many({"number": number, "name": "plain"} for number in numbers)
    return count


async def _chain(jobs: _Noop, count: int) -> int:
    last = await jobs.noop.submit(number=0, name="chain")
    for number in range(1, count):
        last = await jobs.noop.options(after=[last]).submit(number=number, name="chain")
    return count


async def _fan(jobs: _Noop, count: int) -> int:
    first = await jobs.noop.submit(number=0, name="fan")
    middle = jobs.noop.options(after=[first])
    many = [
        await middle.submit_many({"number": number, "name": "fan"} for number in range(start, end))
        for start in range(0, count, CHUNK)
        for end in (min(start + CHUNK, count),)
    ]
    ids = [each.id for part in many for each in part]
    await jobs.noop.options(after=ids[:CHUNK]).submit(number=count, name="fan")
    return count + 2


async def _tree(jobs: _Noop, count: int) -> int:
    await jobs.tree.submit([0, count])
    return count
