from __future__ import annotations

import json

from beltline.core.clock import MINUTE
from beltline.core.replay import Replay
from beltline.core.states import JobState
from beltline.engine import replay_policy, replays
from beltline.store.params import Definition
from beltline.store.replays import RunState
from tests.engine.desk import Desk
from tests.engine.letters import BROKEN, REFUSED, SECOND, die, end_all

POLICY = Replay(on=(ConnectionError,), after="5m", rate="60/m", times=2)


async def define(desk: Desk, policy: Replay | None = POLICY) -> None:
    policies = {} if policy is None else {"replay": policy.stored()}
    definition = Definition(
        name="resize", version="1", queue="images", schema="{}", policies=json.dumps(policies)
    )
    await desk.store.definitions.apply(desk.namespace, [definition], desk.now)


async def tick(desk: Desk, after: int) -> int:
    desk.clock.advance(after)
    return await replay_policy.tick(desk.store, desk.namespace)


async def state(desk: Desk, job_id: str) -> JobState:
    return (await desk.job(job_id)).state


async def test_a_letter_of_a_transient_fault_goes_back_after_its_delay(desk: Desk) -> None:
    await define(desk)
    letter, other = await die(desk), await die(desk, BROKEN)

    assert await tick(desk, 4 * MINUTE) == 0
    assert await tick(desk, MINUTE) == 1

    assert await state(desk, letter.id) is JobState.QUEUED
    assert await state(desk, other.id) is JobState.FAILED


async def test_letters_go_back_at_the_pace(desk: Desk) -> None:
    await define(desk)
    for _ in range(20):
        await die(desk)

    assert await tick(desk, 6 * MINUTE) == 1
    assert await tick(desk, SECOND // 2) == 0
    assert await tick(desk, SECOND // 2) == 1
    assert await tick(desk, 10 * SECOND) == 10


async def test_after_so_many_times_a_letter_is_left_to_a_person(desk: Desk) -> None:
    await define(desk)
    letter = await die(desk)
    for _ in range(2):
        assert await tick(desk, 6 * MINUTE) == 1
        assert await end_all(desk, REFUSED) == 1

    assert await tick(desk, 60 * MINUTE) == 0

    assert await state(desk, letter.id) is JobState.FAILED
    run = await replays.fetch(desk.store, desk.namespace, "auto:resize")
    assert (run.state, run.replayed, run.actor) == (RunState.RUNNING, 2, "beltline")


async def test_upkeep_of_runs_leaves_policies_alone(desk: Desk) -> None:
    await define(desk)
    await die(desk)
    await tick(desk, 0)
    desk.clock.advance(60 * MINUTE)

    assert not await replays.tick(desk.store, desk.namespace)

    assert (await replays.fetch(desk.store, desk.namespace, "auto:resize")).replayed == 0


async def test_a_cancelled_policy_rests_until_it_is_another_one(desk: Desk) -> None:
    await define(desk)
    await die(desk)
    await tick(desk, 0)
    await replays.cancel(desk.store, desk.namespace, "auto:resize", actor="ann")
    assert await tick(desk, 6 * MINUTE) == 0

    await define(desk, Replay(on=(ConnectionError,), after="1m", times=2))

    assert await tick(desk, 0) == 1


async def test_without_a_policy_nothing_goes_back(desk: Desk) -> None:
    await define(desk, None)
    await die(desk)

    assert await tick(desk, 60 * MINUTE) == 0

    assert await desk.store.replays.page(desk.namespace, ended=True) == []
