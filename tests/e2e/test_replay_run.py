"""A replay run outlives the command that began it: killed at any moment, the workers do the rest."""

from __future__ import annotations

import asyncio
import random
import sys

import pytest

from beltline.core.decide import Policy
from beltline.core.failure import failure
from beltline.core.outcome import Ending, Outcome
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.engine.settle import Settlement, claim, settle
from beltline.store.params import NewSession
from beltline.store.replays import OPEN, ReplayRun, RunState
from tests.architecture.source import REPOSITORY
from tests.e2e import app
from tests.e2e.site import LEASE_US, NAMESPACE, Site
from tests.waiting import eventually_async

LETTERS = 12


async def kill_all(site: Site) -> list[str]:
    """Submit jobs and let each end as a dead letter; return their ids."""
    ids = [(await app.ship.submit(n=n, seconds=0.0)).id for n in range(LETTERS)]
    session = NewSession(
        namespace=NAMESPACE,
        id="hand",
        name="hand",
        host="here",
        pid=1,
        lease_us=LEASE_US,
        queues=None,
        concurrency=LETTERS,
        now=site.store.now(),
    )
    await site.store.sessions.open(session)
    claimed = await claim(site.store, NAMESPACE, session.id, queues=None, limit=LETTERS)
    outcome = Outcome(Ending.FAILED, error=failure("E", "no ship"), reason=Reason.NOT_RETRYABLE)
    batch = [Settlement(job, outcome, Policy()) for job in claimed]
    await settle(site.store, NAMESPACE, batch, random=random.Random(1))
    await site.store.sessions.close(NAMESPACE, session.id, site.store.now())
    return ids


async def run_of(site: Site) -> ReplayRun | None:
    runs = await site.store.replays.page(NAMESPACE, ended=True)
    return runs[0] if runs else None


@pytest.mark.proof
async def test_workers_go_on_with_a_run_whose_command_was_killed(site: Site) -> None:
    ids = await kill_all(site)
    words = ["dead-letters", "replay", "--all", "--rate", "4/s", "--stop-on-same-error", "--store", site.url]
    command = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "beltline.cli", *words, cwd=REPOSITORY
    )

    async def has_begun() -> bool:
        run = await run_of(site)
        return run is not None and run.replayed >= 1

    await eventually_async(has_begun, what="the first letter replayed")
    command.kill()
    await command.wait()
    left = await run_of(site)
    assert left is not None
    assert (left.state, left.replayed < LETTERS) == (RunState.RUNNING, True)

    site.worker()
    site.worker()

    async def has_ended() -> bool:
        run = await run_of(site)
        return run is not None and run.state not in OPEN

    await eventually_async(has_ended, within=120.0, what=f"the end of {left}")
    done = await run_of(site)
    assert done is not None
    assert (done.state, done.replayed, done.succeeded) == (RunState.DONE, LETTERS, LETTERS)
    assert {(await site.job(job_id)).state for job_id in ids} == {JobState.SUCCEEDED}
