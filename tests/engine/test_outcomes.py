"""The outcome of a job becomes another job, once."""

from __future__ import annotations

from typing import Any

import pytest

from beltline.core.errors import InvalidInput, NotFound
from beltline.core.outcome import Ending, Outcome, succeeded
from beltline.definitions.trigger import JobOutcome
from beltline.engine import control, outcomes, trigger_trials, triggers
from beltline.engine.template import Template
from beltline.engine.trigger_trials import Sample
from beltline.store.triggers import TurnTrigger
from tests.engine.desk import Desk
from tests.engine.reacting import FAILED, Reacting

WIDTH = {"width": "result.width"}


@pytest.fixture
def reacting(desk: Desk) -> Reacting:
    return Reacting(desk)


async def test_an_outcome_becomes_a_job(reacting: Reacting) -> None:
    await reacting.make(JobOutcome(of="resize", payload={"width": "result.width", "of": "job.id"}))

    job = await reacting.end()
    done = await reacting.turn()
    again = await reacting.turn()

    [made] = await reacting.made()
    assert (done, again) == (1, 0)
    assert await reacting.payloads() == [{"width": 3, "of": job.id}]
    assert made.labels == {"trigger": "after", "trigger-hops": "1"}
    assert made.actor == "trigger/after"
    assert await reacting.counts() == {"submitted": 1}


async def test_without_expressions_the_outcome_is_the_payload_and_a_refused_one_is_on_record(
    reacting: Reacting,
) -> None:
    await reacting.make(JobOutcome(of="resize", states=["failed"]))
    job = await reacting.end(FAILED, max_attempts=1)

    await reacting.turn()

    [refused] = await reacting.store.triggers.refusals(reacting.namespace, "after")
    assert "job: is not a name that is known here" in refused.error
    assert refused.event_key == f"{job.id}:{job.fence}"
    assert b'"message":"no"' in refused.body


@pytest.mark.parametrize(
    ("rule", "made"),
    [
        ({"of": "resize"}, 1),
        ({"of": "other"}, 0),
        ({}, 1),
        ({"states": ["failed", "timed_out"]}, 0),
        ({"queue": "images"}, 1),
        ({"queue": "videos"}, 0),
        ({"labels": {"city": "Kyiv"}}, 1),
        ({"labels": {"city": "Lviv"}}, 0),
        ({"roots": True}, 1),
        ({"when": "result.width > 2"}, 1),
        ({"when": "result.width > 3"}, 0),
    ],
)
async def test_only_outcomes_that_are_watched_make_jobs(
    reacting: Reacting, rule: dict[str, Any], made: int
) -> None:
    await reacting.make(JobOutcome(payload=WIDTH, **rule))
    await reacting.end(labels={"city": "Kyiv"})

    await reacting.turn()

    assert len(await reacting.made()) == made


async def test_a_look_that_comes_second_stores_nothing(reacting: Reacting) -> None:
    await reacting.make(JobOutcome(of="resize", payload=WIDTH))
    await reacting.end()
    party = await reacting.party()
    [note] = await reacting.store.triggers.outcomes(reacting.namespace, "after", 10)
    await reacting.turn()

    late = TurnTrigger(namespace=reacting.namespace, name="after", now=reacting.desk.now, outcomes=[note.id])

    assert await reacting.store.triggers.turn(late) is None
    assert await outcomes.look(reacting.store, reacting.namespace, party, random=reacting.desk.random) is None
    assert await reacting.counts() == {"submitted": 1}


async def test_each_run_that_ends_a_job_is_an_outcome(reacting: Reacting) -> None:
    await reacting.make(JobOutcome(of="resize", states=["failed"], payload={"of": "error.message"}))
    job = await reacting.end(FAILED, max_attempts=1)
    await reacting.turn()
    await reacting.finish()
    await control.replay(reacting.store, reacting.namespace, job.id, actor="ada")
    [claimed] = await reacting.desk.claim()
    await reacting.desk.settle(claimed, FAILED)

    await reacting.turn()

    assert await reacting.payloads() == [{"of": "no"}, {"of": "no"}]


async def test_a_job_replayed_before_the_look_counts_without_its_result(reacting: Reacting) -> None:
    await reacting.make(JobOutcome(states=["failed"], payload={"of": "default(error, 'gone')"}))
    job = await reacting.end(FAILED, max_attempts=1)
    await control.replay(reacting.store, reacting.namespace, job.id, actor="ada")

    await reacting.turn()

    assert await reacting.payloads() == [{"of": "gone"}]


async def test_a_paused_trigger_notes_nothing_and_a_resumed_one_does(reacting: Reacting) -> None:
    await reacting.make(JobOutcome(of="resize", payload=WIDTH))
    place = reacting.store, reacting.namespace, "after"
    await triggers.set_paused(*place, paused=True, actor="ada")
    await reacting.end()
    await triggers.set_paused(*place, paused=False, actor="ada")
    await reacting.turn()
    before = len(await reacting.made())
    await reacting.end()

    await reacting.turn()

    assert (before, len(await reacting.made())) == (0, 1)


async def test_a_deleted_trigger_leaves_nothing(reacting: Reacting) -> None:
    await reacting.make(JobOutcome(of="resize", payload=WIDTH))
    await reacting.end()
    await triggers.delete(reacting.store, reacting.namespace, "after", actor="ada")

    await reacting.make(JobOutcome(of="resize", payload=WIDTH))
    await reacting.turn()

    assert await reacting.made() == []
    assert await reacting.counts() == {}


async def test_a_trigger_that_goes_round_is_refused_with_the_way(reacting: Reacting) -> None:
    await reacting.make(JobOutcome(of="resize"), name="one", definition="tell")
    await reacting.make(JobOutcome(of="tell"), name="two", definition="echo")

    with pytest.raises(InvalidInput, match="echo → resize → tell → echo"):
        await reacting.make(JobOutcome(of="echo"), name="three", definition="resize")
    with pytest.raises(InvalidInput, match="tell → tell"):
        await reacting.make(JobOutcome(of="tell"), name="self", definition="tell")


async def test_a_trigger_that_may_go_round_ends_after_its_rounds(reacting: Reacting) -> None:
    await reacting.make(JobOutcome(of="tell", rounds=3, payload={}))
    await reacting.desk.submitted(b"{}", template=Template(name="tell", version="1", queue="images"))

    for _ in range(6):
        await reacting.finish()
        await reacting.turn()

    assert len(await reacting.made()) == 1 + 3
    assert await reacting.counts() == {"submitted": 3, "looped": 1}


async def test_who_watches_all_jobs_leaves_out_its_own(reacting: Reacting) -> None:
    await reacting.make(JobOutcome(payload={}))
    await reacting.end()

    for _ in range(3):
        await reacting.turn()
        await reacting.finish()

    assert len(await reacting.made()) == 1
    assert await reacting.counts() == {"submitted": 1, "unwanted": 1}


async def test_one_that_cannot_become_a_job_holds_up_no_other(reacting: Reacting) -> None:
    await reacting.make(JobOutcome(of="resize", payload=WIDTH))
    await reacting.end(succeeded(b'{"width":"wide"}'))
    await reacting.end()

    await reacting.turn()

    assert await reacting.payloads() == [{"width": 3}]
    assert await reacting.counts() == {"submitted": 1, "refused": 1}
    [refused] = await reacting.store.triggers.refusals(reacting.namespace, "after")
    assert "width" in refused.error


async def test_a_cancelled_job_is_an_outcome_too(reacting: Reacting) -> None:
    await reacting.make(JobOutcome(states=["cancelled"], payload={"of": "job.state"}))
    await reacting.end(Outcome(Ending.CANCELLED))

    await reacting.turn()

    assert await reacting.payloads() == [{"of": "cancelled"}]


async def test_an_outcome_is_tried_on_a_job_that_has_ended(reacting: Reacting) -> None:
    await reacting.make(JobOutcome(of="resize", payload=WIDTH))
    job = await reacting.end()
    place = await reacting.place()

    tried = await trigger_trials.tried(*place, Sample(job_id=job.id))

    assert tried is not None
    assert tried.payload == b'{"width":3}'
    with pytest.raises(InvalidInput, match="give the id of a job"):
        await trigger_trials.tried(*place, Sample(body=b"{}"))
    with pytest.raises(NotFound):
        await trigger_trials.tried(*place, Sample(job_id="nope"))
    assert await trigger_trials.tried(*place, Sample(job_id=(await reacting.desk.submit()).id)) is None
