"""The bodies that the tests run in processes of their own. They tell by log lines what they are at."""

from __future__ import annotations

import asyncio
import ctypes
import mmap
import os
import signal
import subprocess
import sys
import threading
from itertools import count
from pathlib import Path

from beltline import Beltline, Cancel, Context, Fail, Retry, Snooze, SyncContext
from beltline.core.errors import OnceConflict, PayloadTooLarge

belt = Beltline()


@belt.job(mode="process")
def adds(left: int, right: int) -> int:
    return left + right


@belt.job(mode="process")
async def adds_on_a_loop(left: int, right: int) -> int:
    await asyncio.sleep(0)
    return left + right


@belt.job(mode="process")
def tells(ctx: SyncContext) -> dict[str, object]:
    ctx.log.warning("half way", row=3)
    ctx.progress(0.5, "row 3")
    return {
        "job": [ctx.job_id, ctx.definition, ctx.version, ctx.queue, ctx.correlation_id],
        "counts": [ctx.run, ctx.attempt, ctx.max_attempts, ctx.fence],
        "labels": dict(ctx.labels),
        "asked": ctx.cancelled,
    }


@belt.job(mode="process")
def names_its_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


@belt.job(mode="process")
def names_its_store() -> str:
    return belt.url


@belt.job(mode="process")
def names_its_process() -> int:
    return os.getpid()


@belt.job(mode="process", retry=Retry(give_up_on=(LookupError,)))
def fails(kind: str) -> None:
    raise {"value": ValueError, "lookup": LookupError, "exit": SystemExit}[kind]("no paper")


@belt.job(mode="process")
def says(word: str) -> int:
    if word == "snooze":
        raise Snooze("3s")
    if word == "cancel":
        raise Cancel("not needed")
    raise Fail("never")


@belt.job(mode="process")
def returns_a_text() -> int:
    return "three"  # type: ignore[return-value]


@belt.job(mode="process")
def obeys(ctx: SyncContext) -> None:
    ctx.log.info("begun")
    while not ctx.cancelled:
        threading.Event().wait(0.005)
    ctx.check_cancelled()


@belt.job(mode="process")
async def waits_on_a_loop(ctx: Context) -> None:
    ctx.log.info("begun")
    await asyncio.Event().wait()


@belt.job(mode="process")
def ignores(ctx: SyncContext) -> None:
    """Hold the interpreter, whatever one is asked."""
    ctx.log.info("begun", pid=os.getpid())
    while True:
        pass


@belt.job(mode="process")
def holds_the_lock(ctx: SyncContext) -> None:
    """Sleep in a C function that keeps the interpreter's lock: nothing of Python runs meanwhile."""
    ctx.log.info("begun", pid=os.getpid())
    ctypes.PyDLL(None).sleep(600)


@belt.job(mode="process")
def leaves_a_child(ctx: SyncContext) -> None:
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    ctx.log.info("begun", pid=sleeper.pid)
    sleeper.wait()


@belt.job(mode="process")
def waits_for(ctx: SyncContext, file: str) -> int:
    """Run until a file exists."""
    ctx.log.info("begun", pid=os.getpid())
    while not Path(file).exists():
        threading.Event().wait(0.005)
    return os.getpid()


@belt.job(mode="process")
def dies(how: str) -> None:
    if how == "exit":
        os._exit(3)
    if how == "parent":
        os.kill(os.getppid(), signal.SIGKILL)
        threading.Event().wait()
    if how == "pipe":
        os.closerange(3, 256)
        return
    os.kill(os.getpid(), signal.Signals[how])


@belt.job(mode="process")
def dies_once(ctx: SyncContext) -> int:
    if ctx.run == 1:
        os.kill(os.getpid(), signal.SIGSEGV)
    return os.getpid()


@belt.job(mode="process", memory="256Mi")
def allocates(how: str, mebibytes: int) -> int:
    size = mebibytes << 20
    if how == "untouched":
        return len(bytearray(size))
    if how == "touched":
        return len(b"x" * size)
    shared = mmap.mmap(-1, size)
    for page in range(0, size, mmap.PAGESIZE):
        shared[page] = 1
    return size


@belt.job(mode="process")
def keeps(mebibytes: int) -> int:
    """Keep memory beyond the end of the body."""
    kept.append(b"x" * (mebibytes << 20))
    return os.getpid()


kept: list[bytes] = []


@belt.job(mode="process")
def remembers(ctx: SyncContext) -> dict[str, object]:
    step = ctx.step("run", lambda: ctx.run)
    first = ctx.once(f"key of {ctx.job_id}")
    seen = ctx.checkpointed("place")
    ctx.checkpoint("place", [7])
    ctx.sleep(0.01, name="nap")
    return {"run": ctx.run, "step": step, "first": first, "seen": seen}


@belt.job(mode="process")
async def remembers_on_a_loop(ctx: Context) -> dict[str, object]:
    step = await ctx.step("run", lambda: ctx.run)
    first = await ctx.once(f"key of {ctx.job_id}")
    seen = await ctx.checkpointed("place")
    await ctx.checkpoint("place", [7])
    await ctx.sleep(0.01, name="nap")
    return {"run": ctx.run, "step": step, "first": first, "seen": seen}


@belt.job(mode="process", retry=Retry(backoff="fixed", base=0))
def walks(ctx: SyncContext) -> list[int]:
    """Walk through rows and fall over the third one, once."""
    rows: list[int] = []
    for row in ctx.cursor("rows", lambda last: range((last or 0) + 1, 6), key=lambda row: row, every="1h"):
        if row == 3 and ctx.run == 1:
            raise ValueError("fell")
        rows.append(row)
    return rows


@belt.job(mode="process")
def steps_on(ctx: SyncContext) -> int:
    """Do one step after another until its run is ended; the second run is content with one."""
    ctx.log.info("begun")
    for number in count():
        ctx.step(f"{ctx.run}-{number}", threading.Event().wait, 0.005)
        if ctx.run == 2:
            break
    return ctx.run


@belt.job(mode="process", retry=Retry(max_attempts=2, backoff="fixed", base=0))
def steps_largely(ctx: SyncContext, size: int) -> int:
    """Do a step with a large result, and fail once after it."""
    text = ctx.step("large", lambda: "x" * size)
    if ctx.run == 1:
        raise LookupError("again")
    return len(text)


@belt.job(mode="process")
def contradicts_itself(ctx: SyncContext) -> str:
    ctx.once("one key", "content")
    try:
        ctx.once("one key", "other content")
    except OnceConflict as error:
        return f"{error.code} {error.key}"
    return ""


@belt.job(mode="process", retry=Retry(max_attempts=1))
def steps_in(ctx: SyncContext) -> None:
    ctx.step_in(None, "write", lambda _: None)


@belt.job(mode="process")
def keeps_files(ctx: SyncContext) -> list[int]:
    ctx.artifact("small", b"\x00\xff")
    try:
        ctx.artifact("large", b"four")
    except PayloadTooLarge as error:
        return [error.size, error.limit]
    return []


@belt.job(mode="process")
def echoes(text: str) -> str:
    return text
