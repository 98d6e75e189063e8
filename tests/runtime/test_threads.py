"""Bodies in threads: they cannot be killed, only asked, and they are counted until they end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from beltline.core.outcome import Ending, Outcome
from beltline.core.reasons import Reason
from beltline.definitions.context import Context
from beltline.runtime.run import Cause, Run
from beltline.runtime.runner import GATHER_BEHIND_S, GATHER_S
from tests.runtime.stage import CONCURRENCY, THREADS, Stage
from tests.waiting import eventually, eventually_async

TEN_MS = 10_000


class Gate:
    """A body in a thread that waits until it is let go."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.let_go = threading.Event()
        self.ended = threading.Event()

    def body(self) -> str:
        self.begun.set()
        self.let_go.wait(30)
        self.ended.set()
        return "done"


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.let_go.set()


def waits_for_ever() -> None:
    threading.Event().wait()


async def started(stage: Stage, gate: Gate, **fields: object) -> Run:
    """Start the gate's body and wait until it runs."""
    run = stage.start(gate.body, **fields)  # type: ignore[arg-type]

    async def is_begun() -> bool:
        return gate.begun.is_set()

    await eventually_async(is_begun)
    return run


async def test_a_thread_that_ignores_its_time_out_is_given_up_and_keeps_its_slot(
    stage: Stage, gate: Gate
) -> None:
    run = await started(stage, gate, timeout_us=TEN_MS)

    await stage.end(run)

    assert stage.outcome(run).ending is Ending.TIMED_OUT
    assert (stage.threads.stuck, stage.runner.stuck, stage.runner.free) == (1, 1, 3)


async def test_a_given_up_thread_is_free_again_when_its_body_ends(stage: Stage, gate: Gate) -> None:
    run = await started(stage, gate, timeout_us=TEN_MS)
    await stage.end(run)

    gate.let_go.set()

    async def is_free() -> bool:
        return stage.threads.stuck == 0

    await eventually_async(is_free)
    assert stage.runner.free == 4
    assert len(stage.settled) == 1


async def test_asking_again_does_not_lose_count_of_the_thread(stage: Stage, gate: Gate) -> None:
    run = await started(stage, gate)
    run.interrupt(Cause.CANCEL)
    await asyncio.sleep(0)
    assert run.task is not None
    run.task.cancel()

    await stage.end(run)

    assert stage.threads.stuck == 1


async def test_a_thread_that_ends_within_the_grace_has_its_result(stage: Stage, gate: Gate) -> None:
    run = await started(stage, gate)
    run.interrupt(Cause.CANCEL)
    await asyncio.sleep(0)

    gate.let_go.set()
    await stage.end(run)

    assert stage.outcome(run) == Outcome(Ending.SUCCEEDED, b'"done"')
    assert stage.threads.stuck == 0


async def test_a_thread_that_obeys_is_cancelled(stage: Stage) -> None:
    begun = threading.Event()

    def body(ctx: Context) -> None:
        begun.set()
        eventually(lambda: ctx.cancelled)
        ctx.check_cancelled()

    run = stage.start(body)

    async def is_begun() -> bool:
        return begun.is_set()

    await eventually_async(is_begun)
    run.interrupt(Cause.CANCEL)
    await stage.end(run)

    assert stage.outcome(run) == Outcome(Ending.CANCELLED, reason=Reason.CANCEL_REQUESTED)
    assert stage.threads.stuck == 0


async def test_a_body_that_still_waits_for_a_thread_never_runs_once_stopped(stage: Stage) -> None:
    gates = [Gate() for _ in range(THREADS)]
    busy = [await started(stage, gate, id=f"busy-{n}") for n, gate in enumerate(gates)]
    ran: list[int] = []

    def body() -> None:
        ran.append(1)

    run = stage.start(body)
    await asyncio.sleep(0)
    run.interrupt(Cause.DRAIN)
    await stage.end(run)
    for gate in gates:
        gate.let_go.set()
    for other in busy:
        await stage.end(other)

    assert stage.outcome(run).ending is Ending.RELEASED
    assert (ran, stage.threads.stuck) == ([], 0)


async def test_no_more_jobs_are_taken_while_a_body_waits_for_a_thread(stage: Stage) -> None:
    gates = [Gate() for _ in range(THREADS)]
    busy = [await started(stage, gate, id=f"busy-{n}") for n, gate in enumerate(gates)]
    assert stage.runner.free == CONCURRENCY - THREADS

    waiting = stage.start(threading.Event().set, id="waiting")
    assert stage.runner.free == 0

    for gate in gates:
        gate.let_go.set()
    for run in (*busy, waiting):
        await stage.end(run)
    assert stage.runner.free == CONCURRENCY


async def test_outcomes_wait_longer_for_others_while_a_body_waits_for_a_thread(stage: Stage) -> None:
    assert stage.runner.gather_s == 0
    gates = [Gate() for _ in range(THREADS)]
    busy = [await started(stage, gate, id=f"busy-{n}") for n, gate in enumerate(gates)]
    assert stage.runner.gather_s == GATHER_S

    waiting = stage.start(threading.Event().set, id="waiting")
    assert stage.runner.gather_s == GATHER_BEHIND_S > GATHER_S

    for gate in gates:
        gate.let_go.set()
    for run in (*busy, waiting):
        await stage.end(run)
    assert stage.runner.gather_s == 0


async def test_a_time_out_counts_from_where_the_body_has_its_thread(stage: Stage) -> None:
    gates = [Gate() for _ in range(THREADS)]
    busy = [await started(stage, gate) for gate in gates]

    def body() -> int:
        return 1

    run = stage.start(body, timeout_us=300_000)
    assert run.limit is None
    await asyncio.sleep(0)
    for gate in gates:
        gate.let_go.set()
    for other in (*busy, run):
        await stage.end(other)

    assert stage.outcome(run) == Outcome(Ending.SUCCEEDED, b"1")


async def test_a_deadline_ends_also_a_body_that_still_waits_for_a_thread(stage: Stage) -> None:
    gates = [Gate() for _ in range(THREADS)]
    busy = [await started(stage, gate) for gate in gates]

    outcome = await stage.run(waits_for_ever, timeout_us=30_000_000, deadline_at=stage.clock.now() + TEN_MS)
    for gate in gates:
        gate.let_go.set()
    for other in busy:
        await stage.end(other)

    assert outcome.reason is Reason.DEADLINE_PASSED


async def test_a_stuck_thread_is_no_room_for_others(stage: Stage) -> None:
    gates = [Gate() for _ in range(THREADS)]
    for gate in gates:
        await stage.end(await started(stage, gate, timeout_us=TEN_MS))
    ran = threading.Event()

    run = stage.start(ran.set)
    for _ in range(10):
        await asyncio.sleep(0)
    assert not ran.is_set()
    for gate in gates:
        gate.let_go.set()
    await stage.end(run)

    assert ran.is_set()


async def test_a_body_may_end_after_the_loop_has(gate: Gate) -> None:
    def a_worker_ends() -> None:
        async def lives_shortly() -> None:
            stage = Stage()
            run = await started(stage, gate, timeout_us=TEN_MS)
            await stage.end(run)
            stage.threads.close()

        asyncio.run(lives_shortly())

    await asyncio.to_thread(a_worker_ends)
    gate.let_go.set()

    async def is_over() -> bool:
        return gate.ended.is_set()

    await eventually_async(is_over)


async def test_threads_do_not_block_the_loop(stage: Stage, gate: Gate) -> None:
    async def quick() -> int:
        return 1

    slow = await started(stage, gate)

    assert await stage.run(quick) == Outcome(Ending.SUCCEEDED, b"1")
    gate.let_go.set()
    await stage.end(slow)
