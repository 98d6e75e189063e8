"""The jobs that the end-to-end tests run. What they do is told in a file of its own, beside any store."""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import suppress

from beltline import Beltline, Context, Retry, SyncContext
from tests.e2e.booking import ROWS, connected, die, write

belt = Beltline()


def tell(what: str, job_id: str, fence: int) -> None:
    """Append a line to the effects: one write of a few bytes, whole or not at all."""
    line = f"{what} {job_id} {fence} {os.getpid()}\n".encode()
    effects = os.open(os.environ["EFFECTS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(effects, line)
    finally:
        os.close(effects)


async def linger(seconds: float) -> None:
    """Let the event loop turn for a while."""
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), seconds)


@belt.job(max_crashes=100)
async def ship(ctx: Context, n: int, seconds: float) -> int:
    """Take a while, on the loop."""
    tell("start", ctx.job_id, ctx.fence)
    await linger(seconds)
    tell("end", ctx.job_id, ctx.fence)
    return ctx.fence


@belt.job(max_crashes=100)
def pack(ctx: Context, n: int, seconds: float) -> int:
    """Take a while, in a thread."""
    tell("start", ctx.job_id, ctx.fence)
    threading.Event().wait(seconds)
    tell("end", ctx.job_id, ctx.fence)
    return ctx.fence


@belt.job
async def slow_once(ctx: Context) -> int:
    """Take very long the first time, and no time in a later run."""
    tell("start", ctx.job_id, ctx.fence)
    await linger(60.0 if ctx.run == 1 else 0.0)
    tell("end", ctx.job_id, ctx.fence)
    return ctx.fence


@belt.job
def slow_thread_once(ctx: Context, seconds: float) -> int:
    """Take `seconds` the first time, whatever one is asked, and no time in a later run."""
    tell("start", ctx.job_id, ctx.fence)
    threading.Event().wait(seconds if ctx.run == 1 else 0.0)
    tell("end", ctx.job_id, ctx.fence)
    return ctx.fence


@belt.job(max_crashes=100)
def echo(ctx: Context, text: str, file: str) -> str:
    """Return what it was given, once a file exists, and leave an artifact behind."""
    tell("start", ctx.job_id, ctx.fence)
    ctx.artifact("note.txt", f"run {ctx.run}".encode(), type="text/plain")
    while not os.path.exists(file):  # noqa: PTH110 - polled
        threading.Event().wait(0.02)
    return text


@belt.job(retry=Retry(max_attempts=1))
async def block(ctx: Context, seconds: float) -> int:
    """Block the event loop, as no body should."""
    tell("start", ctx.job_id, ctx.fence)
    threading.Event().wait(seconds)
    tell("end", ctx.job_id, ctx.fence)
    return ctx.fence


@belt.job(retry=Retry(max_attempts=1))
def ignore(ctx: Context, file: str) -> int:
    """Run in a thread until a file exists, whatever one is asked."""
    tell("start", ctx.job_id, ctx.fence)
    while not os.path.exists(file):  # noqa: PTH110 - polled
        threading.Event().wait(0.02)
    tell("end", ctx.job_id, ctx.fence)
    return ctx.fence


@belt.job(retry=Retry(max_attempts=3, backoff="fixed", base=0.01))
async def stumble(ctx: Context, until: int) -> int:
    """Fail until the attempt `until`."""
    tell("start", ctx.job_id, ctx.fence)
    if ctx.attempt < until:
        raise RuntimeError(f"attempt {ctx.attempt} stumbles")
    return ctx.attempt


@belt.job(max_crashes=100)
async def book(ctx: Context) -> list[int]:
    """Write rows, each in one transaction with its step; the first runs die, each at another point."""
    with connected(belt.store.url) as conn:
        runs: list[int] = []
        for number in range(ROWS):
            with conn.begin():
                name = f"row-{number}"
                runs.append(await ctx.step_in(conn, name, write, belt.store.url, number, ctx.run))
                die(ctx.run, "before the commit")
            die(ctx.run, "after the commit")
        return runs


@belt.job(max_crashes=100)
def book_in_thread(ctx: SyncContext) -> list[int]:
    """Do the same in a thread."""
    with connected(belt.store.url) as conn:
        runs: list[int] = []
        for number in range(ROWS):
            with conn.begin():
                name = f"row-{number}"
                runs.append(ctx.step_in(conn, name, write, belt.store.url, number, ctx.run))
                die(ctx.run, "before the commit")
            die(ctx.run, "after the commit")
        return runs
