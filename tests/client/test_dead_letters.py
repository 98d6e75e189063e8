"""`belt.dead_letters`."""

from __future__ import annotations

import pytest

from beltline.client.beltline import Beltline
from beltline.core.errors import InvalidInput, InvalidPayload, NotFound
from beltline.core.states import JobState
from beltline.engine.definitions import apply_definitions
from beltline.store.dead_letters import LetterFilter
from beltline.store.replays import RunState
from tests.client.hand import Hand
from tests.client.jobs import Jobs


async def dead(jobs: Jobs, hand: Hand) -> str:
    await apply_definitions(jobs.belt.store, jobs.belt.namespace, jobs.belt.registry)
    job = await jobs.add.submit(left=1, right=2)
    await hand.fail()
    return job.id


async def test_a_group_is_looked_at_spoken_of_and_replayed(opened: Jobs, hand: Hand) -> None:
    letters = opened.belt.dead_letters
    job_id = await dead(opened, hand)

    [group] = (await letters.groups(definition="add")).items
    where = LetterFilter(fingerprint=group.fingerprint)
    plan = await letters.plan(where)
    said = await letters.triage(group.fingerprint, owner="maths", note="no paper")
    run = await letters.replay_all(where, rate="50/m", stop_on_same_error=True, why="paper is here")

    assert (list(plan.ids), plan.faulty) == ([job_id], [])
    assert (said.owner, said.note, said.noted_by) == ("maths", "no paper", "client")
    assert (run.state, run.replayed, run.actor) == (RunState.RUNNING, 1, "client")
    assert [open_run.id for open_run in await letters.runs()] == [run.id]
    assert (await letters.cancel_run(run.id)).state is RunState.CANCELLED
    assert (await letters.run(run.id)).state is RunState.CANCELLED
    assert await letters.group(group.fingerprint) == (await letters.group(group.fingerprint))


async def test_a_letter_is_mended_and_replayed(opened: Jobs, hand: Hand) -> None:
    job_id = await dead(opened, hand)

    with pytest.raises(InvalidPayload):
        await opened.belt.dead_letters.edit(job_id, {"left": "one"})
    await opened.belt.dead_letters.edit(job_id, {"left": 3, "right": 4}, why="typo")
    job = await opened.belt.dead_letters.replay(job_id)

    assert (job.state, job.payload) == (JobState.QUEUED, b'{"left":3,"right":4}')


async def test_letters_are_discarded(opened: Jobs, hand: Hand) -> None:
    job_id = await dead(opened, hand)

    assert await opened.belt.dead_letters.discard(LetterFilter(definition="add"), why="test") == 1

    assert (await opened.belt.get(job_id)).discarded_at is not None


async def test_what_cannot_be_is_refused(belt: Beltline) -> None:
    with pytest.raises(InvalidInput, match="50/m"):
        await belt.dead_letters.replay_all(LetterFilter(), rate="fast")
    with pytest.raises(NotFound):
        await belt.dead_letters.group("0123456789ab")
