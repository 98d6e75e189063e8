from __future__ import annotations

import random

import pytest

from beltline.config import RetentionConfig
from beltline.core.clock import SystemClock
from beltline.core.job import NewJob
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.engine import upkeep
from beltline.runtime.chores import chores
from beltline.runtime.loop import Loop
from beltline.runtime.rescuer import Rescuer
from beltline.store.params import InsertJobs
from tests.hops import Door
from tests.runtime.works import Works


@pytest.fixture
def loops(works: Works) -> dict[str, Loop]:
    chance = random.Random(1)
    rescuer = Rescuer(works.store, "default", clock=SystemClock(), random=chance, own=lambda: "")
    made = chores(
        works.store, "default", retention=RetentionConfig(), rescuer=rescuer, rescue_s=1.0, random=chance
    )

    @works.belt.job
    async def noop() -> None: ...

    return {loop.name: loop for loop in made}


async def test_every_worker_does_its_share_of_six_chores(loops: dict[str, Loop]) -> None:
    assert sorted(loops) == ["dispatcher", "folder", "overdue", "pruner", "rescuer", "sweeper"]


@pytest.mark.parametrize("name", ["dispatcher", "folder", "overdue", "pruner", "rescuer", "sweeper"])
async def test_with_nothing_to_do_there_is_no_more(loops: dict[str, Loop], name: str) -> None:
    assert await loops[name].tick() is False


async def test_the_dispatcher_only_looks_while_nothing_is_due(
    works: Works, loops: dict[str, Loop], door: Door
) -> None:
    await works.belt.submit("noop", {})
    door.passed = 0

    await loops["dispatcher"].tick()

    assert door.passed == 1


async def test_the_dispatcher_queues_what_is_due_and_looks_again(
    works: Works, loops: dict[str, Loop]
) -> None:
    now = works.store.now()
    job = NewJob(
        id="due",
        definition="noop",
        version="1",
        queue="default",
        state=JobState.SCHEDULED,
        reason=Reason.DELAYED,
        payload=b"{}",
        payload_hash=b"0" * 16,
        created_at=now,
        run_at=now,
    )
    await works.store.jobs.insert(InsertJobs(namespace="default", jobs=[job], now=now))

    assert await loops["dispatcher"].tick() is True
    assert (await works.job("due")).state is JobState.QUEUED


async def test_the_folder_folds(works: Works, loops: dict[str, Loop]) -> None:
    await works.belt.submit("noop", {})

    await loops["folder"].tick()

    assert await upkeep.fold(works.store, "default") == 0
