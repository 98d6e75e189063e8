"""Bodies in processes of their own that submit jobs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from beltline import After, Beltline, Context, Item, Split, SyncContext
from beltline.core.errors import KeyReused
from beltline.core.retry import Retry

belt = Beltline()


@belt.job
async def page(number: int) -> int:
    return number


@belt.job(mode="process")
async def book(ctx: Context, pages: int) -> int:
    first = await ctx.submit(page, number=0)
    assert first.id
    return await ctx.submit_many(page, ({"number": number} for number in range(1, pages)))


@belt.job(mode="process")
def leaflet(ctx: SyncContext) -> str:
    return str(ctx.submit(page, number=1).id)


@belt.job(mode="process")
def plain(number: int) -> str:
    retry = Retry(backoff="fixed", base="5s")
    handle = page.options(priority=3, labels={"of": "plain"}, delay=timedelta(hours=1), retry=retry)
    return handle.submit_sync(number=number).id


@belt.job(mode="process")
async def chained(ctx: Context) -> list[str]:
    first = await ctx.submit(page, number=1)
    last = await page.options(after=[After(first, when="finished")], parent=ctx.brood).submit(number=2)
    return [first.id, last.id]


@belt.job(mode="process")
async def reused(ctx: Context) -> str:
    keyed = page.options(idempotency_key="k")
    await keyed.submit(number=1)
    try:
        await keyed.submit(number=2)
    except KeyReused as error:
        return f"{ctx.run} {type(error).__name__}"
    return "stored"


@belt.job(mode="process")
async def falls(ctx: Context) -> int:
    for number in range(3):
        await ctx.submit(page, number=number)
    if ctx.run == 1:
        raise RuntimeError("once")
    return ctx.run


@belt.batch(item=page, mode="process", name="halves")
def halves(definition: list[int]) -> Iterator[Any]:
    if len(definition) > 2:
        middle = len(definition) // 2
        yield Split(definition[:middle])
        yield Split(definition[middle:])
    else:
        yield from (Item(number=number) for number in definition)
