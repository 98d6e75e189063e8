"""`triggers.turn` and what it works on: outcomes noted by settlements, events held, objects seen, counts."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from beltline.core.job import ClaimedJob
from beltline.core.states import JobState
from beltline.store.triggers import (
    Count,
    EventOutcome,
    Leaving,
    NewEvent,
    NewTrigger,
    NotedOutcome,
    Refusal,
    SeenObject,
    Tallied,
    Turned,
    TurnTrigger,
    Watch,
    WriteTrigger,
)
from tests.conformance.builders import change_to
from tests.conformance.world import World

ALL = "cancelled failed succeeded timed_out"


async def make(
    world: World,
    name: str = "t",
    *,
    paused: bool = False,
    watch: Watch | None = None,
    due_at: int | None = None,
) -> None:
    params = WriteTrigger(
        namespace=world.namespace,
        name=name,
        trigger=NewTrigger(name, "outcome", "build", "{}", paused=paused),
        revision=None,
        now=world.now,
        watch=watch,
        due_at=due_at,
    )
    assert await world.store.triggers.write(params)


async def turn(world: World, name: str = "t", **brought: Any) -> Turned | None:
    params = TurnTrigger(namespace=world.namespace, name=name, now=world.now, **brought)
    return await world.store.triggers.turn(params)


async def end(world: World, state: JobState = JobState.SUCCEEDED, **fields: Any) -> ClaimedJob:
    claimed = await world.running(**fields)
    used = 1 if state in {JobState.FAILED, JobState.TIMED_OUT} else 0
    assert not await world.apply(change_to(claimed, state, world.now, attempts_used=used))
    return claimed


async def noted(world: World, name: str = "t") -> list[NotedOutcome]:
    return await world.store.triggers.outcomes(world.namespace, name, 100)


async def test_a_settlement_notes_what_is_watched(world: World) -> None:
    await make(world, watch=Watch("", ALL, roots=False))

    jobs = [await end(world, state) for state in (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)]

    found = await noted(world)
    assert [(each.job_id, each.fence, each.state) for each in found] == [
        (job.id, job.fence, state)
        for job, state in zip(jobs, ("succeeded", "failed", "cancelled"), strict=True)
    ]
    assert (await world.store.triggers.outlook(world.namespace)).has_outcomes


@pytest.mark.parametrize(
    ("watch", "count"),
    [
        (Watch("resize", ALL, roots=False), 1),
        (Watch("other", ALL, roots=False), 0),
        (Watch("", "failed timed_out", roots=False), 0),
        (Watch("", ALL, roots=True), 1),
    ],
)
async def test_a_settlement_notes_no_more_than_that(world: World, watch: Watch, count: int) -> None:
    await make(world, watch=watch)

    await end(world, definition="resize")

    assert len(await noted(world)) == count


async def test_each_trigger_that_watches_has_its_own_notes(world: World) -> None:
    for name in ("a", "b"):
        await make(world, name, watch=Watch("", ALL, roots=False))
    await make(world, "c", paused=True, watch=Watch("", ALL, roots=False))
    elsewhere = World(world.place, world.store, world.clock, f"{world.namespace}-b")
    await end(elsewhere)

    await end(world)

    assert [len(await noted(world, name)) for name in "abc"] == [1, 1, 0]


async def test_a_change_that_missed_is_not_noted(world: World) -> None:
    await make(world, watch=Watch("", ALL, roots=False))
    claimed = await world.running()
    late = claimed._replace(fence=claimed.fence + 1)

    assert await world.apply(change_to(late, JobState.SUCCEEDED, world.now))

    assert await noted(world) == []


async def test_outcomes_are_taken_with_their_jobs_or_not_at_all(world: World) -> None:
    await make(world, watch=Watch("", ALL, roots=False))
    await end(world)
    [note] = await noted(world)
    job, late = world.new(definition="build"), world.new(definition="build")

    first = await turn(world, jobs=[job], outcomes=[note.id])
    second = await turn(world, jobs=[late], outcomes=[note.id])

    assert first is not None
    assert second is None
    assert await world.store.reads.known(world.namespace, [job.id, late.id]) == {job.id}
    assert await noted(world) == []


async def test_a_look_at_a_turn_that_is_over_writes_nothing(world: World) -> None:
    await make(world)
    early, late = world.new(), world.new()

    first = await turn(world, jobs=[early], leaving=Leaving(0, 7, '{"a":1}'))
    second = await turn(world, jobs=[late], leaving=Leaving(0, 9, "{}"))

    row = await world.store.triggers.get(world.namespace, "t")
    assert row is not None
    assert first is not None
    assert second is None
    assert (row.turn, row.due_at, row.memory) == (1, 7, '{"a":1}')
    assert await world.store.reads.known(world.namespace, [late.id]) == set()


async def test_events_are_held_once_and_make_the_trigger_due(world: World) -> None:
    await make(world)
    events = [NewEvent("k", b"1"), NewEvent(None, b"2"), NewEvent(None, b"3", 4), NewEvent("k", b"5")]

    turned = await turn(world, hold=events)
    again = await turn(world, hold=events[:1])

    held = await world.store.triggers.held(world.namespace, "t", 10)
    assert turned is not None
    assert again is not None
    assert (turned.held, again.held) == (3, 0)
    assert [(each.payload, each.hops, each.at) for each in held] == [
        (b"1", 0, world.now),
        (b"2", 0, world.now),
        (b"3", 4, world.now),
    ]
    assert (await world.store.triggers.outlook(world.namespace)).next_at == world.now


async def test_events_that_were_used_are_known_until_they_are_pruned(world: World) -> None:
    await make(world)
    await turn(world, hold=[NewEvent("k", b"1"), NewEvent(None, b"2")])
    held = await world.store.triggers.held(world.namespace, "t", 10)
    row = await world.store.triggers.get(world.namespace, "t")
    assert row is not None

    await turn(world, used=[each.id for each in held], leaving=Leaving(row.turn, None, "{}"))
    repeated = await turn(world, hold=[NewEvent("k", b"1")])
    pruned = await world.store.triggers.prune(world.namespace, world.now + 1, 10)
    anew = await turn(world, hold=[NewEvent("k", b"1")])

    assert repeated is not None
    assert anew is not None
    assert (repeated.held, pruned, anew.held) == (0, 1, 1)


async def test_events_of_a_trigger_that_is_gone_are_not_held(world: World) -> None:
    assert await turn(world, "none", hold=[NewEvent(None, b"1")]) is None


async def test_objects_are_remembered_and_forgotten(world: World) -> None:
    await make(world)
    seen = [SeenObject(name, "1", 5, fired=name == "a") for name in "abc"]
    await turn(world, seen=seen)

    await turn(world, seen=[SeenObject("b", "2", 6, fired=True)], gone=["c"])

    async def read(after: str, until: str | None, limit: int = 10) -> list[SeenObject]:
        store = world.store.triggers
        return await store.objects(world.namespace, "t", after=after, until=until, limit=limit)

    assert await read("", None) == [seen[0], SeenObject("b", "2", 6, fired=True)]
    assert await read("", "a") == [seen[0]]
    assert await read("a", None, 1) == [SeenObject("b", "2", 6, fired=True)]


async def test_what_became_of_events_is_added_up(world: World) -> None:
    await make(world)
    job = world.new(idempotency_key="k")
    again = world.new(idempotency_key="k")
    await turn(world, jobs=[job, again], counts=[Count(EventOutcome.UNWANTED, 2)])
    world.clock.advance(5)

    await turn(world, counts=[Count(EventOutcome.UNWANTED, 1, note="why"), Count(EventOutcome.UNWANTED, 3)])

    assert await world.store.triggers.counts(world.namespace, "t") == [
        Tallied("repeated", 1, world.now - 5, None, ""),
        Tallied("submitted", 1, world.now - 5, job.id, ""),
        Tallied("unwanted", 6, world.now, None, "why"),
        Tallied("waiting", 0, 0, None, ""),
    ]


async def test_what_was_refused_is_kept_newest_first(world: World) -> None:
    await make(world)
    await turn(world, refusals=[Refusal(f"e{number}", 0, "bad", b"\x00\xff") for number in range(3)])

    found = await world.store.triggers.refusals(world.namespace, "t", 2)

    assert found == [
        Refusal("e2", world.now, "bad", b"\x00\xff"),
        Refusal("e1", world.now, "bad", b"\x00\xff"),
    ]


async def test_those_that_are_due_come_first_and_paused_ones_not_at_all(world: World) -> None:
    await make(world, "late", due_at=world.now - 1)
    await make(world, "later", due_at=world.now + 1)
    await make(world, "paused", paused=True, due_at=world.now - 5)
    await make(world, "watching", watch=Watch("", ALL, roots=False))
    await end(world)

    due = await world.store.triggers.due(world.namespace, world.now, 10)
    outlook = await world.store.triggers.outlook(world.namespace)

    assert [row.name for row in due] == ["watching", "late"]
    assert (outlook.next_at, outlook.has_outcomes, outlook.watches) == (world.now - 1, True, True)


async def test_with_a_trigger_goes_all_that_it_holds(world: World) -> None:
    await make(world, watch=Watch("", ALL, roots=False))
    await end(world)
    await turn(
        world,
        hold=[NewEvent("k", b"1")],
        seen=[SeenObject("a", "1", 5, fired=True)],
        refusals=[Refusal("e", 0, "bad", b"")],
    )
    gone = WriteTrigger(namespace=world.namespace, name="t", trigger=None, revision=1, now=world.now)

    assert await world.store.triggers.write(gone)
    await make(world)

    store = world.store.triggers
    assert await noted(world) == []
    assert await store.held(world.namespace, "t", 10) == []
    assert await store.objects(world.namespace, "t", after="", until=None, limit=10) == []
    assert await store.refusals(world.namespace, "t") == []
    assert [each.outcome for each in await store.counts(world.namespace, "t")] == ["waiting"]
    await end(world)
    assert await noted(world) == []


async def test_of_many_who_take_one_outcome_at_once_one_makes_its_job(shared_world: World) -> None:
    world = shared_world
    await make(world, watch=Watch("", ALL, roots=False))

    async with world.another() as other, world.another() as third:
        for _ in range(20):
            await end(world)
            [note] = await noted(world)
            jobs = [world.new(definition="build", state=JobState.SCHEDULED) for _ in range(3)]
            turned = await asyncio.gather(
                *(
                    turn(each, jobs=[job], outcomes=[note.id])
                    for each, job in zip((world, other, third), jobs, strict=True)
                )
            )
            made = await world.store.reads.known(world.namespace, [job.id for job in jobs])

            assert sum(each is not None for each in turned) == len(made) == 1


async def test_of_many_who_hold_events_of_one_trigger_at_once_none_is_lost(shared_world: World) -> None:
    world = shared_world
    await make(world)

    async with world.another() as other:
        turned = await asyncio.gather(
            *(
                turn(each, hold=[NewEvent(f"{number}", b"1"), NewEvent(None, b"2")])
                for number in range(20)
                for each in (world, other)
            )
        )

    held = await world.store.triggers.held(world.namespace, "t", 1_000)
    [count] = [
        each for each in await world.store.triggers.counts(world.namespace, "t") if each.outcome == "held"
    ]
    assert sum(each.held for each in turned if each is not None) == len(held) == count.events == 60
