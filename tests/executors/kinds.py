"""One body in every kind: on the loop, in a thread, and both in processes."""

from __future__ import annotations

from beltline import Beltline, Context, Retry, SyncContext
from beltline.core.errors import OnceConflict, StepRepeated

belt = Beltline()
AGAIN = Retry(max_attempts=2, backoff="fixed", base=0)


def double(number: int) -> int:
    return 2 * number


def rows(position: int | None) -> list[int]:
    return list(range((position or 0) + 1, 6))


async def story(ctx: Context, number: int) -> list[object]:
    told: list[object] = [ctx.definition != "", ctx.run, ctx.attempt, ctx.max_attempts, dict(ctx.labels)]
    ctx.log.info("begun", run=ctx.run)
    ctx.progress(0.25, "a quarter")
    told.append(await ctx.step("double", double, number))
    try:
        await ctx.step("double", double, number)
    except StepRepeated as error:
        told.append(error.code)
    told.append(await ctx.once(f"{ctx.job_id}-once", content=1))
    try:
        await ctx.once(f"{ctx.job_id}-once", content=2)
    except OnceConflict as error:
        told.append(error.code)
    told.append(await ctx.checkpointed("mark"))
    await ctx.checkpoint("mark", {"run": ctx.run})
    async for row in ctx.cursor("rows", rows, key=lambda row: row, every="1h"):
        told.append(row)
        if row == 3 and ctx.run == 1:
            ctx.artifact("half.txt", b"three rows", type="text/plain")
            raise LookupError("again")
    await ctx.sleep(0)
    return told


def story_in_a_thread(ctx: SyncContext, number: int) -> list[object]:
    told: list[object] = [ctx.definition != "", ctx.run, ctx.attempt, ctx.max_attempts, dict(ctx.labels)]
    ctx.log.info("begun", run=ctx.run)
    ctx.progress(0.25, "a quarter")
    told.append(ctx.step("double", double, number))
    try:
        ctx.step("double", double, number)
    except StepRepeated as error:
        told.append(error.code)
    told.append(ctx.once(f"{ctx.job_id}-once", content=1))
    try:
        ctx.once(f"{ctx.job_id}-once", content=2)
    except OnceConflict as error:
        told.append(error.code)
    told.append(ctx.checkpointed("mark"))
    ctx.checkpoint("mark", {"run": ctx.run})
    for row in ctx.cursor("rows", rows, key=lambda row: row, every="1h"):
        told.append(row)
        if row == 3 and ctx.run == 1:
            ctx.artifact("half.txt", b"three rows", type="text/plain")
            raise LookupError("again")
    ctx.sleep(0)
    return told


on_the_loop = belt.job(name="on_the_loop", retry=AGAIN, labels={"a": "b"})(story)
in_a_thread = belt.job(name="in_a_thread", retry=AGAIN, labels={"a": "b"})(story_in_a_thread)
in_a_process = belt.job(name="in_a_process", mode="process", retry=AGAIN, labels={"a": "b"})(
    story_in_a_thread
)
on_a_loop_in_a_process = belt.job(
    name="on_a_loop_in_a_process", mode="process", retry=AGAIN, labels={"a": "b"}
)(story)
