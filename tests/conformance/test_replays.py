"""`replays`: runs that bring dead letters back to work, step by step, whoever takes the step."""

from __future__ import annotations

from beltline.core.states import JobState
from beltline.store.params import AuditEntry
from beltline.store.replays import MarkOutcome, News, NoteRun, ReplayRun, RunState
from tests.conformance.builders import change_to
from tests.conformance.letters import (
    REFUSED,
    TIMED_OUT,
    advance,
    begin,
    die,
    die_again,
    found,
    print_of,
    run_of,
)
from tests.conformance.world import World


async def note(world: World, run: ReplayRun, state: RunState, **fields: object) -> bool:
    given = {"from_state": run.state, **fields}
    params = NoteRun(namespace=world.namespace, run_id=run.id, state=state, now=world.now, **given)  # type: ignore[arg-type]
    return await world.store.replays.note(params)


async def news(world: World, run: ReplayRun) -> list[News]:
    return sorted(await world.store.replays.news(world.namespace, run.id, 100))


async def test_a_run_is_read_as_it_was_begun(world: World) -> None:
    run = await begin(
        world,
        fingerprint="0123456789ab",
        definition="pay",
        queue="fast",
        labels={"a": "ä"},
        stop_on_same_error=False,
        total=7,
    )

    assert (run.state, run.fingerprint, run.definition, run.queue) == (
        RunState.RUNNING,
        "0123456789ab",
        "pay",
        "fast",
    )
    assert (run.labels, run.stop_on_same_error, run.total, run.replayed) == ({"a": "ä"}, False, 7, 0)
    assert (run.actor, run.why, run.created_at, run.ended_at) == ("ann", "mended", world.now, None)
    assert await world.store.replays.get("elsewhere", run.id) is None


async def test_open_runs_are_listed_newest_first_and_ended_ones_on_request(world: World) -> None:
    first = await begin(world)
    world.clock.advance(1_000)
    second = await begin(world)
    await note(world, first, RunState.CANCELLED)

    here = world.namespace
    assert [run.id for run in await world.store.replays.page(here)] == [second.id]
    every = await world.store.replays.page(here, ended=True)
    assert [run.id for run in every] == [second.id, first.id]
    assert [run.id for run in await world.store.replays.page(here, ended=True, limit=1)] == [second.id]
    assert await world.store.replays.page(here, ended=True, before=second.id) == [
        await run_of(world, first.id)
    ]
    assert await world.store.replays.page("elsewhere", ended=True) == []


async def test_a_step_replays_marks_and_counts(world: World) -> None:
    letter = await die(world, TIMED_OUT)
    queued = await world.bring(JobState.QUEUED)
    run = await begin(world)

    assert await advance(world, run, letter.id, queued.id, "unknown") == [letter.id]

    assert (await world.job(letter.id)).state is JobState.QUEUED
    after = await run_of(world, run.id)
    assert (after.replayed, after.next_at) == (1, run.next_at + 1_000_000)
    assert await world.store.replays.watched(world.namespace, run.id)


async def test_a_step_that_another_took_is_not_taken_again(world: World) -> None:
    first, second = await die(world, TIMED_OUT), await die(world, TIMED_OUT)
    run = await begin(world)
    await advance(world, run, first.id)

    assert await advance(world, run, second.id) is None

    assert (await world.job(second.id)).state is JobState.FAILED
    assert (await run_of(world, run.id)).replayed == 1


async def test_a_cancelled_run_takes_no_step(world: World) -> None:
    letter = await die(world, TIMED_OUT)
    run = await begin(world)
    await note(world, run, RunState.CANCELLED, ended_by="ann")

    assert await advance(world, run, letter.id) is None

    after = await run_of(world, run.id)
    assert (after.state, after.ended_at, after.ended_by) == (RunState.CANCELLED, world.now, "ann")


async def test_a_letter_that_came_back_is_not_found_again_for_its_run(world: World) -> None:
    letter = await die(world, TIMED_OUT)
    run = await begin(world)
    await advance(world, run, letter.id)
    await die_again(world, TIMED_OUT)

    assert await found(world) == [letter.id]
    assert await found(world, run=run.id) == []
    assert await found(world, run=run.id, times=2) == [letter.id]


async def test_news_tell_how_replayed_jobs_ended(world: World) -> None:
    letters = [await die(world, TIMED_OUT) for _ in range(5)]
    run = await begin(world)
    await advance(world, run, *(letter.id for letter in letters))
    assert await news(world, run) == []
    same, other, well, retrying, held = sorted(await world.claim(), key=lambda job: job.id)

    await world.apply(
        change_to(same, JobState.FAILED, world.now, error=TIMED_OUT),
        change_to(other, JobState.FAILED, world.now, error=REFUSED),
        change_to(well, JobState.SUCCEEDED, world.now),
        change_to(retrying, JobState.RETRYING, world.now, error=TIMED_OUT),
    )

    was = print_of(TIMED_OUT)
    assert held.id not in {item.job_id for item in await news(world, run)}
    assert await news(world, run) == sorted(
        [
            News(same.id, was, "dead", was),
            News(other.id, was, "dead", print_of(REFUSED)),
            News(well.id, was, "succeeded", None),
            News(retrying.id, was, "retrying", was),
        ]
    )


async def test_outcomes_are_written_and_counted_once(world: World) -> None:
    one, two = await die(world, TIMED_OUT), await die(world, TIMED_OUT)
    run = await begin(world)
    await advance(world, run, one.id, two.id)
    outcomes = [(one.id, MarkOutcome.CAME_BACK), (two.id, MarkOutcome.SUCCEEDED)]

    assert await note(world, run, RunState.RUNNING, outcomes=outcomes)
    assert await note(world, run, RunState.WATCHING, outcomes=outcomes)

    after = await run_of(world, run.id)
    assert (after.came_back, after.succeeded, after.ended_otherwise) == (1, 1, 0)
    assert (after.state, after.ended_at) == (RunState.WATCHING, None)
    assert not await world.store.replays.watched(world.namespace, run.id)


async def test_a_run_that_moved_on_is_not_written(world: World) -> None:
    letter = await die(world, TIMED_OUT)
    run = await begin(world)
    await advance(world, run, letter.id)
    await note(world, run, RunState.CANCELLED)
    entry = AuditEntry(actor="beltline", action="replay_run.stop", target=f"replay-run/{run.id}")
    outcomes = [(letter.id, MarkOutcome.CAME_BACK)]

    assert not await note(world, run, RunState.STOPPED, outcomes=outcomes, audit=[entry])

    assert (await run_of(world, run.id)).came_back == 0
    assert await world.store.audit.page(world.namespace) == []


async def test_a_policy_has_one_run_that_begins_anew_when_the_policy_changes(world: World) -> None:
    run = await begin(world, id="auto:pay", policy='{"times":1}', rate="1/s")
    await note(world, run, RunState.CANCELLED)
    await begin(world, id="auto:pay", policy='{"times":1}', rate="9/s")
    assert (await run_of(world, "auto:pay")).state is RunState.CANCELLED

    changed = await begin(world, id="auto:pay", policy='{"times":2}', rate="9/s")

    assert (changed.state, changed.rate, changed.policy) == (RunState.RUNNING, "9/s", '{"times":2}')
    assert (changed.ended_at, changed.ended_by) == (None, "")


async def test_old_runs_that_ended_are_removed_with_their_marks(world: World) -> None:
    letter = await die(world, TIMED_OUT)
    run = await begin(world)
    await advance(world, run, letter.id)
    await note(world, run, RunState.DONE)
    open_run = await begin(world)
    world.clock.advance(10)
    await die_again(world, TIMED_OUT)

    early = await world.store.dead_letters.prune(world.namespace, run.created_at, 100)
    gone = await world.store.dead_letters.prune(world.namespace, world.now, 100)

    assert (early["replays"], gone["replays"]) == (0, 1)
    every = await world.store.replays.page(world.namespace, ended=True)
    assert [run.id for run in every] == [open_run.id]
    assert await found(world, run=run.id) == [letter.id]
