"""Dead letters on the desk: jobs that failed with an error that the test names."""

from __future__ import annotations

from typing import Any

from beltline.core.decide import Policy
from beltline.core.failure import failure, read_failure
from beltline.core.job import Job
from beltline.core.outcome import Ending, Outcome
from beltline.core.rate import Rate, rate_of
from beltline.core.reasons import Reason
from beltline.core.retry import Retry
from beltline.engine import replays
from beltline.engine.settle import Settlement, settle
from beltline.store.dead_letters import LetterFilter
from beltline.store.replays import ReplayRun
from tests.engine.desk import Desk

SECOND = 1_000_000
REFUSED = failure("ConnectionError", "refused by 10.0.0.7", place="shop.pay")
A_SECOND = rate_of("60/m")
BROKEN = failure("ValueError", "no such width", place="shop.size")


def print_of(error: bytes) -> str:
    record = read_failure(error)
    assert record is not None
    return record["fingerprint"]


async def die(desk: Desk, error: bytes = REFUSED, payload: bytes = b'{"width":256}', **options: Any) -> Job:
    """Submit a job that fails for good with this error; nothing else may be queued."""
    await desk.submitted(payload, **options)
    await end_all(desk, error)
    found = await desk.store.dead_letters.group(desk.namespace, print_of(error))
    assert found is not None
    assert found.example is not None
    desk.clock.advance(1_000)
    return await desk.job(found.example)


async def end_all(desk: Desk, error: bytes | None, *, for_good: bool = True) -> int:
    """Run every queued job: it fails with this error, or succeeds without one; return how many."""
    jobs = await desk.claim(100)
    reason = Reason.NOT_RETRYABLE if for_good else None
    outcome = (
        Outcome(Ending.SUCCEEDED) if error is None else Outcome(Ending.FAILED, error=error, reason=reason)
    )
    policy = Policy(Retry(backoff="fixed", base="1h"))
    batch = [Settlement(job, outcome, policy) for job in jobs]
    await settle(desk.store, desk.namespace, batch, random=desk.random)
    return len(jobs)


async def begin(
    desk: Desk, where: LetterFilter | None = None, rate: Rate | None = A_SECOND, *, stops: bool = True
) -> ReplayRun:
    return await replays.start(
        desk.store,
        desk.namespace,
        where or LetterFilter(),
        rate=rate,
        stop_on_same_error=stops,
        actor="ann",
        why="mended",
        random=desk.random,
    )


async def tick(desk: Desk, run: ReplayRun, *, after: int = SECOND) -> ReplayRun:
    """Let time pass and a worker take the next step; return the run."""
    desk.clock.advance(after)
    await replays.tick(desk.store, desk.namespace)
    return await replays.fetch(desk.store, desk.namespace, run.id)
