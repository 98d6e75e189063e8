"""`workflows`: versions by name, signals once each, and the turn that a signal gives a run."""

from __future__ import annotations

from beltline.core.states import JobState
from beltline.store.batches import Seen
from beltline.store.params import InsertJobs
from beltline.store.workflows import SendSignal, Signal, StoredWorkflow
from tests.conformance.builders import change_to
from tests.conformance.world import World

GRAPH = '{"name":"etl","steps":{"load":{"job":"load"}}}'


def version(world: World, name: str, version: str, graph: str = GRAPH) -> StoredWorkflow:
    return StoredWorkflow(name, version, graph, world.now)


async def run_of(world: World) -> str:
    """Store a run of a workflow: a job that waits, with a batch of its own; return its id."""
    run = world.new(state=JobState.WAITING, chosen_id=True, definition="etl")
    params = InsertJobs(namespace=world.namespace, jobs=[run], now=world.now, opens="workflow")
    await world.store.jobs.insert(params)
    return run.id


def signal(
    world: World, run: str, name: str = "go", payload: bytes = b"{}", actor: str = "ann"
) -> SendSignal:
    return SendSignal(
        namespace=world.namespace, job_id=run, name=name, payload=payload, actor=actor, now=world.now
    )


async def turn(world: World, run: str) -> int:
    [batch] = await world.store.batches.get(world.namespace, [run])
    return batch.turn


async def test_an_applied_workflow_is_read_back_as_it_was(world: World) -> None:
    stored = version(world, "etl", "1")

    await world.store.workflows.apply(world.namespace, stored)

    assert await world.store.workflows.get(world.namespace, "etl") == stored
    assert await world.store.workflows.get(world.namespace, "etl", "1") == stored


async def test_what_was_never_applied_is_not_there(world: World) -> None:
    await world.store.workflows.apply(world.namespace, version(world, "etl", "1"))

    assert await world.store.workflows.get(world.namespace, "lte") is None
    assert await world.store.workflows.get(world.namespace, "etl", "2") is None
    assert await world.store.workflows.get("elsewhere", "etl") is None


async def test_the_version_that_was_applied_last_is_the_newest(world: World) -> None:
    for name in ("2", "1"):
        await world.store.workflows.apply(world.namespace, version(world, "etl", name))
        world.clock.advance(1)

    newest = await world.store.workflows.get(world.namespace, "etl")

    assert newest is not None
    assert newest.version == "1"


async def test_a_version_that_is_applied_again_becomes_the_newest_and_keeps_its_graph(world: World) -> None:
    for name in ("1", "2"):
        await world.store.workflows.apply(world.namespace, version(world, "etl", name))
        world.clock.advance(1)

    await world.store.workflows.apply(world.namespace, version(world, "etl", "1", '{"other":1}'))

    newest = await world.store.workflows.get(world.namespace, "etl")
    assert newest is not None
    assert (newest.version, newest.graph) == ("1", GRAPH)


async def test_a_page_has_the_newest_version_of_each_by_name(world: World) -> None:
    for name, number in (("b", "1"), ("a", "1"), ("b", "2")):
        await world.store.workflows.apply(world.namespace, version(world, name, number))
        world.clock.advance(1)

    page = await world.store.workflows.page(world.namespace)

    assert [(each.name, each.version) for each in page] == [("a", "1"), ("b", "2")]
    assert await world.store.workflows.page("elsewhere") == []


async def test_a_signal_is_kept_and_gives_its_run_a_turn(world: World) -> None:
    run = await run_of(world)
    before = await turn(world, run)
    await world.store.batches.seen(world.namespace, [Seen(run, before)])

    assert await world.store.workflows.signal(signal(world, run, payload=b'{"ok":true}'))

    kept = [Signal("go", b'{"ok":true}', "ann", world.now)]
    assert await world.store.workflows.signals(world.namespace, run) == kept
    assert await turn(world, run) == before + 1
    assert [batch.job_id for batch in await world.store.batches.due(world.namespace, 10)] == [run]


async def test_a_second_signal_of_one_name_changes_nothing(world: World) -> None:
    run = await run_of(world)
    await world.store.workflows.signal(signal(world, run, payload=b"1"))

    assert not await world.store.workflows.signal(signal(world, run, payload=b"2", actor="bob"))

    assert [each.payload for each in await world.store.workflows.signals(world.namespace, run)] == [b"1"]


async def test_signals_are_listed_by_name_and_are_those_of_their_run(world: World) -> None:
    run, other = await run_of(world), await run_of(world)
    for name in ("b", "a"):
        await world.store.workflows.signal(signal(world, run, name))

    assert [each.name for each in await world.store.workflows.signals(world.namespace, run)] == ["a", "b"]
    assert await world.store.workflows.signals(world.namespace, other) == []
    assert await world.store.workflows.signals("elsewhere", run) == []


async def test_a_run_is_stored_with_its_batch_and_is_due_at_once(world: World) -> None:
    run = await run_of(world)

    [batch] = await world.store.batches.due(world.namespace, 10)

    assert (batch.job_id, batch.kind, batch.total, batch.root) == (run, "workflow", 0, run)
    assert await world.store.batches.pending(world.namespace) == (False, True)


async def test_a_run_that_was_stored_twice_is_one(world: World) -> None:
    run = world.new(state=JobState.WAITING, chosen_id=True, definition="etl")
    params = InsertJobs(namespace=world.namespace, jobs=[run], now=world.now, opens="workflow")

    for _ in range(2):
        await world.store.jobs.insert(params)

    assert len(await world.store.batches.get(world.namespace, [run.id])) == 1


async def test_a_run_that_was_cancelled_is_due_again(world: World) -> None:
    run = await run_of(world)
    await world.store.batches.seen(world.namespace, [Seen(run, await turn(world, run))])

    await world.apply(change_to(await world.job(run), JobState.CANCELLED, world.now))

    assert [batch.job_id for batch in await world.store.batches.due(world.namespace, 10)] == [run]
