"""`jobs.insert`: what is stored, and what a repeated key or id means."""

from __future__ import annotations

from collections import Counter

import pytest

from beltline.core.clock import DAY
from beltline.core.errors import StoreError
from beltline.core.job import Job, NewJob
from beltline.core.states import JobState
from beltline.store.params import Inserted, Insertion
from tests.conformance.builders import change_to
from tests.conformance.model import row_of
from tests.conformance.world import World

CREATED, EXISTING = Insertion.CREATED, Insertion.EXISTING
KEY_REUSED, ID_REUSED = Insertion.KEY_REUSED, Insertion.ID_REUSED


async def finish(world: World, job_id: str, state: JobState = JobState.SUCCEEDED) -> None:
    (claimed,) = await world.claim()
    assert claimed.id == job_id
    assert not await world.apply(change_to(claimed, state, world.now))


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.SCHEDULED, JobState.WAITING])
async def test_a_stored_job_reads_back_with_every_column(world: World, state: JobState) -> None:
    job = world.new(
        state=state,
        priority=-7,
        max_attempts=3,
        timeout_us=5_000_000,
        deadline_at=world.now + DAY,
        expires_at=world.now + DAY // 2,
        idempotency_key="order 17",
        labels={"b": "2", "a": "1"},
        correlation_id="corr",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        owner="media",
        actor="key:ci",
        parent="parent-1",
        root="root-1",
        needs='{"resources":{"cpu":1}}',
        backoff='{"backoff":"fixed"}',
    )

    answers = await world.insert(job)

    assert answers == [Inserted(job.id, CREATED)]
    assert await world.job(job.id) == row_of(job, world.namespace)


async def test_a_job_with_nothing_optional_reads_back_with_every_column(world: World) -> None:
    job = world.new()

    await world.insert(job)

    assert await world.job(job.id) == row_of(job, world.namespace)


async def test_answers_come_in_the_order_of_the_jobs(world: World) -> None:
    jobs = [
        world.new(idempotency_key=f"k{n}" if n % 3 == 0 else None, chosen_id=n % 3 == 1) for n in range(30)
    ]

    answers = await world.insert(*reversed(jobs))

    assert answers == [Inserted(job.id, CREATED) for job in reversed(jobs)]


async def test_an_empty_batch_is_nothing(world: World) -> None:
    assert await world.insert() == []


async def test_a_batch_of_mixed_definitions_and_queues_is_stored_whole(world: World) -> None:
    jobs = [
        world.new(definition=f"d{n % 3}", queue=f"q{n % 4}", priority=n % 5, payload=b'{"n":%d}' % n)
        for n in range(50)
    ]

    await world.insert(*jobs)

    found = await world.store.reads.get(world.namespace, [job.id for job in jobs])
    assert found == [row_of(job, world.namespace) for job in jobs]


@pytest.mark.parametrize("between", [",", "\x1f", '"', "", "\u00e9"])
async def test_alike_jobs_of_one_batch_keep_their_own_ids_payloads_and_hashes(
    world: World, between: str
) -> None:
    jobs = [world.new(id=f"{n}{between}{n}", payload=b"[%d]" % 7**n) for n in range(50)]

    await world.insert(*jobs)

    found = await world.store.reads.get(world.namespace, [job.id for job in jobs])
    assert found == [row_of(job, world.namespace) for job in jobs]


async def test_jobs_that_differ_only_in_the_length_of_their_hashes_keep_them(world: World) -> None:
    jobs = [world.new()._replace(payload_hash=b"h" * length) for length in (16, 32, 16)]

    await world.insert(*jobs)

    found = await world.store.reads.get(world.namespace, [job.id for job in jobs])
    assert found == [row_of(job, world.namespace) for job in jobs]


async def test_the_same_key_and_payload_mean_the_same_job(world: World) -> None:
    first, again = world.new(idempotency_key="k"), world.new(idempotency_key="k")
    await world.insert(first)

    assert await world.insert(again) == [Inserted(first.id, EXISTING)]
    assert await world.store.reads.get(world.namespace, [again.id]) == []


async def test_the_same_key_with_another_payload_is_refused(world: World) -> None:
    first, other = world.new(idempotency_key="k"), world.new(idempotency_key="k", payload=b"{}")
    await world.insert(first)

    assert await world.insert(other) == [Inserted(first.id, KEY_REUSED)]
    assert await world.store.reads.get(world.namespace, [other.id]) == []


async def test_a_key_belongs_to_one_definition(world: World) -> None:
    await world.insert(world.new(idempotency_key="k"))
    other = world.new(idempotency_key="k", definition="rotate")

    assert await world.insert(other) == [Inserted(other.id, CREATED)]


async def test_two_jobs_of_one_batch_with_one_key_are_one_job(world: World) -> None:
    first, twin = world.new(idempotency_key="k"), world.new(idempotency_key="k")

    answers = await world.insert(first, twin)

    assert answers == [Inserted(first.id, CREATED), Inserted(first.id, EXISTING)]


async def test_two_jobs_of_one_batch_with_one_key_and_two_payloads_clash(world: World) -> None:
    first, other = world.new(idempotency_key="k"), world.new(idempotency_key="k", payload=b"{}")

    answers = await world.insert(first, other, all_or_none=False)

    assert answers == [Inserted(first.id, CREATED), Inserted(first.id, KEY_REUSED)]


@pytest.mark.parametrize(
    "state", [JobState.SUCCEEDED, JobState.CANCELLED, JobState.FAILED, JobState.TIMED_OUT]
)
async def test_a_key_lives_for_a_day_after_its_job_finished(world: World, state: JobState) -> None:
    first = world.new(idempotency_key="k")
    await world.insert(first)
    await finish(world, first.id, state)
    world.clock.advance(DAY - 1)

    assert await world.insert(world.new(idempotency_key="k")) == [Inserted(first.id, EXISTING)]
    assert (await world.insert(world.new(idempotency_key="k", payload=b"{}")))[0].outcome is KEY_REUSED


async def test_a_key_a_day_after_the_finish_is_taken_over(world: World) -> None:
    first = world.new(idempotency_key="k")
    await world.insert(first)
    await finish(world, first.id)
    world.clock.advance(DAY)
    second, third = (
        world.new(idempotency_key="k", payload=b"{}"),
        world.new(idempotency_key="k", payload=b"{}"),
    )

    assert await world.insert(second) == [Inserted(second.id, CREATED)]
    assert await world.insert(third) == [Inserted(second.id, EXISTING)]


async def test_two_jobs_of_one_batch_take_an_expired_key_over_once(world: World) -> None:
    first = world.new(idempotency_key="k")
    await world.insert(first)
    await finish(world, first.id)
    world.clock.advance(DAY)
    second, third = world.new(idempotency_key="k"), world.new(idempotency_key="k")

    answers = await world.insert(second, third)

    assert answers == [Inserted(second.id, CREATED), Inserted(second.id, EXISTING)]


async def test_a_key_lives_as_long_as_its_job_is_unfinished(world: World) -> None:
    first = world.new(idempotency_key="k")
    await world.insert(first)
    world.clock.advance(400 * DAY)

    assert await world.insert(world.new(idempotency_key="k")) == [Inserted(first.id, EXISTING)]


async def test_one_reused_key_keeps_the_whole_batch_out(world: World) -> None:
    await world.insert(world.new(idempotency_key="k"))
    good, bad, keyed = (
        world.new(),
        world.new(idempotency_key="k", payload=b"{}"),
        world.new(idempotency_key="new"),
    )

    answers = await world.insert(good, bad, keyed)

    assert [answer.outcome is KEY_REUSED for answer in answers] == [False, True, False]
    assert await world.store.reads.get(world.namespace, [good.id, bad.id, keyed.id]) == []


async def test_a_batch_that_was_kept_out_leaves_its_keys_free(world: World) -> None:
    await world.insert(world.new(idempotency_key="k"))
    keyed, bad = world.new(idempotency_key="new"), world.new(idempotency_key="k", payload=b"{}")
    await world.insert(keyed, bad)

    assert await world.insert(keyed) == [Inserted(keyed.id, CREATED)]


async def test_without_all_or_none_the_rest_of_the_batch_is_stored(world: World) -> None:
    first = world.new(idempotency_key="k")
    await world.insert(first)
    good, bad = world.new(), world.new(idempotency_key="k", payload=b"{}")

    answers = await world.insert(good, bad, all_or_none=False)

    assert answers == [Inserted(good.id, CREATED), Inserted(first.id, KEY_REUSED)]
    assert (await world.job(good.id)).state is JobState.QUEUED


async def test_an_existing_key_does_not_keep_the_batch_out(world: World) -> None:
    first = world.new(idempotency_key="k")
    await world.insert(first)
    good, again = world.new(), world.new(idempotency_key="k")

    assert await world.insert(good, again) == [Inserted(good.id, CREATED), Inserted(first.id, EXISTING)]
    assert (await world.job(good.id)).state is JobState.QUEUED


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING, JobState.SUCCEEDED, JobState.FAILED])
async def test_a_chosen_id_again_means_the_same_job_wherever_it_lies(world: World, state: JobState) -> None:
    stored = await world.bring(state, id="invoice-17", chosen_id=True)

    again = world.new(id="invoice-17", chosen_id=True)

    assert await world.insert(again) == [Inserted("invoice-17", EXISTING)]
    assert await world.job("invoice-17") == stored


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING, JobState.SUCCEEDED, JobState.FAILED])
@pytest.mark.parametrize(
    "other", [{"payload": b"{}"}, {"definition": "rotate"}], ids=["payload", "definition"]
)
async def test_a_chosen_id_with_another_body_is_refused_wherever_it_lies(
    world: World, state: JobState, other: dict[str, object]
) -> None:
    stored = await world.bring(state, id="invoice-17", chosen_id=True)

    answers = await world.insert(world.new(id="invoice-17", chosen_id=True, **other))

    assert answers == [Inserted("invoice-17", ID_REUSED)]
    assert await world.job("invoice-17") == stored


async def test_one_reused_id_keeps_the_whole_batch_out(world: World) -> None:
    await world.insert(world.new(id="invoice-17", chosen_id=True))
    good, bad = world.new(), world.new(id="invoice-17", chosen_id=True, payload=b"{}")

    answers = await world.insert(good, bad)

    assert answers[1] == Inserted("invoice-17", ID_REUSED)
    assert await world.store.reads.get(world.namespace, [good.id]) == []


async def test_two_jobs_of_one_batch_with_one_chosen_id_are_one_job(world: World) -> None:
    first, twin = world.new(id="invoice-17", chosen_id=True), world.new(id="invoice-17", chosen_id=True)

    assert await world.insert(first, twin) == [
        Inserted("invoice-17", CREATED),
        Inserted("invoice-17", EXISTING),
    ]


async def test_ids_and_keys_of_another_namespace_are_no_concern(world: World) -> None:
    elsewhere = World(world.place, world.store, world.clock, f"{world.namespace}-b")
    job = world.new(id="invoice-17", chosen_id=True)
    keyed = world.new(idempotency_key="k")
    other_job = job._replace(payload=b"{}", payload_hash=b"x" * 16)
    other_keyed = world.new(idempotency_key="k", payload=b"{}")
    await world.insert(job, keyed)

    answers = await elsewhere.insert(other_job, other_keyed)

    assert answers == [Inserted(job.id, CREATED), Inserted(other_keyed.id, CREATED)]
    assert (await world.job(job.id)).payload == job.payload
    assert (await elsewhere.job(job.id)).payload == b"{}"


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING])
async def test_an_id_that_nobody_chose_and_a_job_has_is_an_error_and_nothing_is_stored(
    world: World, state: JobState
) -> None:
    stored = await world.bring(state)
    good, again = world.new(), world.new(id=stored.id, queue="other")

    with pytest.raises(StoreError, match="drawn") as refused:
        await world.insert(good, again, all_or_none=False)

    assert type(refused.value) is StoreError
    assert await world.job(stored.id) == stored
    assert await world.store.reads.get(world.namespace, [good.id]) == []


async def test_an_id_that_nobody_chose_does_not_stand_twice_in_one_batch(world: World) -> None:
    job = world.new()

    with pytest.raises(StoreError, match="drawn"):
        await world.insert(job, world.new(id=job.id))

    assert await world.store.reads.get(world.namespace, [job.id]) == []


async def test_an_id_that_nobody_chose_is_no_less_an_error_beside_chosen_ones(world: World) -> None:
    stored = await world.bring(JobState.QUEUED)
    chosen, again = world.new(id="invoice-17", chosen_id=True), world.new(id=stored.id)

    with pytest.raises(StoreError, match="drawn"):
        await world.insert(chosen, again)

    assert await world.job(stored.id) == stored
    assert await world.store.reads.get(world.namespace, [chosen.id]) == []


async def test_a_thousand_jobs_go_in_at_once(world: World) -> None:
    jobs = [world.new() for _ in range(1_000)]

    await world.insert(*jobs)

    found: list[Job] = await world.store.reads.get(world.namespace, [job.id for job in jobs])
    assert [job.id for job in found] == [job.id for job in jobs]


def many(world: World, count: int) -> list[NewJob]:
    """Jobs of which each has what its neighbours have not."""
    return [
        world.new(
            definition=f"definition-{number % 3}",
            queue=f"queue-{number % 5}",
            payload=b'{"text":"%d \\u00e9 \xc3\xa9"}' % number,
            state=JobState.SCHEDULED if number % 2 else JobState.QUEUED,
            priority=number % 7,
            timeout_us=number or None,
            labels={"number": str(number)} if number % 4 else None,
            owner="media" if number % 6 else None,
            needs='{"resources":{"cpu":1}}' if number % 8 else "",
            backoff='{"backoff":"fixed"}' if number % 9 else None,
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("count", [1_000, 1_001, 2_500])
async def test_very_many_jobs_read_back_with_every_column_and_are_counted(world: World, count: int) -> None:
    jobs = many(world, count)

    assert await world.insert(*jobs) == [Inserted(job.id, CREATED) for job in jobs]

    found = await world.store.reads.get(world.namespace, [job.id for job in jobs])
    assert found == [row_of(job, world.namespace) for job in jobs]
    tallies = await world.store.upkeep.tallies(world.namespace, world.now - DAY, world.now + DAY)
    counted = {(tally.definition, tally.queue): tally.jobs for tally in tallies if tally.event == "submitted"}
    assert counted == Counter((job.definition, job.queue) for job in jobs)


async def test_of_very_many_jobs_none_is_stored_where_one_has_the_id_of_another(world: World) -> None:
    stored = await world.bring(JobState.QUEUED)
    jobs = [*many(world, 1_500), world.new(id=stored.id)]

    with pytest.raises(StoreError, match="drawn"):
        await world.insert(*jobs)

    assert await world.store.reads.get(world.namespace, [job.id for job in jobs]) == [stored]
    tallies = await world.store.upkeep.tallies(world.namespace, world.now - DAY, world.now + DAY)
    assert sum(tally.jobs for tally in tallies if tally.event == "submitted") == 1


async def test_of_very_many_jobs_with_chosen_ids_those_that_are_there_are_told(world: World) -> None:
    jobs = [job._replace(id=f"row-{number}", chosen_id=True) for number, job in enumerate(many(world, 1_500))]
    await world.insert(*jobs[:100])

    answers = await world.insert(*jobs)

    assert [answer.outcome for answer in answers] == [EXISTING] * 100 + [CREATED] * 1_400
    found = await world.store.reads.get(world.namespace, [job.id for job in jobs])
    assert found == [row_of(job, world.namespace) for job in jobs]
