"""What waiting for each other costs: a chain, a fan out and in, and a batch tree, beside plain jobs."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from random import SystemRandom
from typing import Final, NamedTuple

from beltline.client.beltline import Beltline
from beltline.client.handle import JobHandle
from beltline.core.clock import SystemClock
from beltline.core.ids import new_id
from beltline.proof import bench_app
from beltline.proof.size import drain

CHUNK: Final = 10_000
ROUNDS: Final = 3

Say = Callable[[str], None]


class Took(NamedTuple):
    """Seconds: until the jobs were stored, and until a worker had done them, its start left out."""

    store_s: float
    drain_s: float


async def measure_links(
    url: str, *, chain: int = 0, fan: int = 0, tree: int = 0, rounds: int = ROUNDS, concurrency: int, say: Say
) -> dict[str, object]:
    """Return the figures of those that are more than 0: so many links, jobs between two, items.

    Fans and trees are measured in turn with as many plain jobs, and the medians of `rounds` compared. The
    items of a tree are stored by the worker that drains them, plain jobs beforehand: so it is compared with
    the drain of these alone, and with their storing and draining. Each drain has a namespace of its own in
    the store, where its jobs stay.
    """
    figures: dict[str, object] = {"store": url.split(":", 1)[0]}
    if chain:
        say(f"draining a chain of {chain:,}, and as many plain jobs")
        links, plain = await _both(url, _chain, chain, rounds=1, concurrency=concurrency)
        figures |= {"chain_links": chain, "chain_ms_a_link": 1_000 * (links.drain_s - plain.drain_s) / chain}
    if fan:
        say(f"draining a fan of {fan:,}, out and in, and as many plain jobs, in turn")
        fans, plain = await _both(url, _fan, fan, rounds=rounds, concurrency=concurrency)
        figures |= {"fan_jobs": fan, "fan_s": fans.drain_s, "fan_plain_s": plain.drain_s}
        figures["fan_to_plain"] = fans.drain_s / plain.drain_s
    if tree:
        say(f"draining a batch tree of {tree:,} items, and as many plain jobs, in turn")
        trees, plain = await _both(url, _tree, tree, rounds=rounds, concurrency=concurrency)
        figures |= {"tree_items": tree, "tree_s": trees.drain_s, "tree_plain_s": plain.drain_s}
        figures["tree_rate_to_plain"] = plain.drain_s / trees.drain_s
        figures["tree_rate_to_plain_stored"] = (plain.store_s + plain.drain_s) / trees.drain_s
    return figures


class _Noop:
    """The jobs of a benchmark, bound to a namespace of their own."""

    def __init__(self, belt: Beltline) -> None:
        self.noop: JobHandle[int] = belt.job(bench_app.noop.definition.handler, version="bench")
        tree = bench_app.tree.definition
        self.tree: JobHandle[int] = belt.job(tree.handler, name=tree.name, version="bench")


Submit = Callable[[_Noop, int], Awaitable[int]]


async def _both(url: str, linked: Submit, count: int, *, rounds: int, concurrency: int) -> tuple[Took, Took]:
    """Return the medians of linked and of plain jobs, measured in turn."""
    found: list[tuple[Took, Took]] = []
    for _ in range(rounds):
        plain = await _timed(url, concurrency, _plain, count)
        found.append((await _timed(url, concurrency, linked, count), plain))
    return _median([mine for mine, _ in found]), _median([plain for _, plain in found])


def _median(took: list[Took]) -> Took:
    return Took(*map(statistics.median, zip(*took, strict=True)))


async def _timed(url: str, concurrency: int, submit: Submit, count: int) -> Took:
    namespace = "links-" + new_id(SystemClock().now(), SystemRandom())[-8:]
    began = time.perf_counter()
    async with Beltline(url, namespace=namespace) as belt:
        jobs = await submit(_Noop(belt), count)
    stored = time.perf_counter() - began
    return Took(stored, jobs / await asyncio.to_thread(drain, url, namespace, concurrency))


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
