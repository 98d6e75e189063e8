from __future__ import annotations

import random

import pytest

from beltline.core.clock import DAY
from beltline.core.errors import IdReused, KeyReused
from beltline.core.outcome import succeeded
from beltline.core.states import JobState
from beltline.engine import upkeep
from beltline.engine.submit import DEFAULTS, new_jobs
from beltline.engine.template import Template
from beltline.store.params import Insertion
from tests.engine.desk import PAYLOAD, Desk


async def test_a_submitted_job_can_be_read_at_once(desk: Desk) -> None:
    job = await desk.submit(labels={"a": "b"}, priority=2, actor="ada", owner="media")

    assert (job.state, job.payload, job.labels) == (JobState.QUEUED, PAYLOAD, {"a": "b"})
    assert (job.priority, job.actor, job.owner, job.runs) == (2, "ada", "media", 0)


async def test_a_delayed_job_is_claimed_only_when_it_is_due(desk: Desk) -> None:
    job = await desk.submit(delay=60)
    assert await desk.claim() == []

    desk.clock.advance(60_000_000)
    assert await upkeep.stage(desk.store, desk.namespace) == 1

    assert [found.id for found in await desk.claim()] == [job.id]


async def test_the_same_key_and_payload_is_the_same_job(desk: Desk) -> None:
    first = await desk.submitted(idempotency_key="k")
    again = await desk.submitted(idempotency_key="k")

    assert (first.outcome, again.outcome) == (Insertion.CREATED, Insertion.EXISTING)
    assert again.id == first.id


async def test_a_key_with_another_payload_is_refused(desk: Desk) -> None:
    first = await desk.submitted(idempotency_key="k")

    with pytest.raises(KeyReused, match="'k' belongs to job") as caught:
        await desk.submitted(b"[2]", idempotency_key="k")

    assert (caught.value.key, caught.value.job_id) == ("k", first.id)


async def test_a_key_lives_a_day_longer_than_its_job(desk: Desk) -> None:
    job = await desk.running(idempotency_key="k")
    await desk.settle(job, succeeded(None))

    desk.clock.advance(DAY - 1)
    assert (await desk.submitted(idempotency_key="k")).id == job.id

    desk.clock.advance(1)
    assert (await desk.submitted(idempotency_key="k")).id != job.id


async def test_equal_content_is_the_same_job_where_it_is_asked_for(desk: Desk) -> None:
    first, same, other = [await desk.submitted(data, dedupe="content") for data in (b"[1]", b"[1]", b"[2]")]

    assert first.id == same.id != other.id


async def test_a_chosen_id_submitted_again_is_the_same_job(desk: Desk) -> None:
    answers = [await desk.submitted(id="import-7") for _ in range(2)]

    assert answers == [("import-7", Insertion.CREATED), ("import-7", Insertion.EXISTING)]


async def test_a_chosen_id_with_another_payload_is_refused(desk: Desk) -> None:
    await desk.submitted(id="import-7")

    with pytest.raises(IdReused, match="'import-7' belongs to a job with another"):
        await desk.submitted(b"[2]", id="import-7")


@pytest.mark.parametrize("seed", range(20))
def test_jobs_of_one_bulk_have_ids_in_their_order(seed: int) -> None:
    template = Template(name="add", version="1", queue="default")

    jobs = new_jobs(template, [b"{}"] * 5, DEFAULTS, now=10**15, random=random.Random(seed))

    assert [job.id for job in jobs] == sorted({job.id for job in jobs})
