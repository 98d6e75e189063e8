"""Random graphs of jobs end as a reference evaluation says, in whatever order things happen."""

from __future__ import annotations

import random
from functools import cache
from typing import Final, NamedTuple

import pytest

from beltline.core.prerequisites import CONDITIONS, Edge
from beltline.core.reasons import Reason
from beltline.core.states import FINAL, JobState
from tests.conformance.builders import change_to
from tests.conformance.linking import store
from tests.conformance.world import World

FATES: Final = (JobState.SUCCEEDED,) * 6 + (JobState.FAILED, JobState.TIMED_OUT, JobState.CANCELLED)
WHENS: Final = (*CONDITIONS, "succeeded", "succeeded", "failed,cancelled", "succeeded,failed")
LOST: Final = {"cancel": JobState.CANCELLED, "fail": JobState.FAILED}
KILL: Final = 0.15
SHARE: Final = 5


class Node(NamedTuple):
    """A job of a graph: how it ends where it runs, and what it waits for; `is_killed` by an operator."""

    id: str
    fate: JobState
    is_killed: bool
    edges: list[Edge]


def graph_of(seed: int, most: int) -> list[Node]:
    """Return a graph without cycles; each node waits for some of those before it."""
    chance = random.Random(seed)
    nodes: list[Node] = []
    for number in range(chance.randint(2, most)):
        name = f"g{seed}-{number}"
        parts = chance.choice((0, 1, 1, 1, 2, 3)) if nodes else 0
        otherwise = chance.choice(("cancel", "cancel", "fail", "run"))
        edges = [
            Edge(name, part, other.id, chance.choice(WHENS), otherwise, 0)
            for part in range(parts)
            for other in chance.sample(nodes, min(len(nodes), chance.choice((1, 1, 1, 2, 3))))
        ]
        nodes.append(Node(name, chance.choice(FATES), chance.random() < 0.05, edges))
    return nodes


def expected(nodes: list[Node]) -> dict[str, JobState]:
    """Evaluate the graph: the simplest way there is."""
    by_id = {node.id: node for node in nodes}

    @cache
    def end(name: str) -> JobState:
        node = by_id[name]
        if node.is_killed:
            return JobState.CANCELLED
        for part in {edge.part for edge in node.edges}:
            mine = [edge for edge in node.edges if edge.part == part]
            met = any(
                edge.otherwise == "run"
                or any(end(edge.prerequisite) in CONDITIONS[when] for when in edge.condition.split(","))
                for edge in mine
            )
            if not met:
                return LOST[mine[0].otherwise]
        return node.fate

    return {node.id: end(node.id) for node in nodes}


async def play(world: World, seed: int, most: int) -> None:
    """Store a graph in any order, run it with kills and losses, and compare every end."""
    chance = random.Random(-seed)
    nodes = graph_of(seed, most)
    await plant(world, nodes, chance)
    by_id = {node.id: node for node in nodes}
    session = await world.session()
    while True:
        while await world.store.edges.release(world.namespace, world.now, chance.choice((1, 3, 100))):
            continue
        claimed = await world.claim(session=session, limit=chance.choice((1, 5, 50)))
        if not claimed:
            break
        changes = []
        for job in claimed:
            killed = chance.random() < KILL
            state = JobState.QUEUED if killed else by_id[job.id].fate
            changes.append(change_to(job, state, world.now))
        assert await world.apply(*changes) == []
    found = await world.store.reads.get(world.namespace, list(by_id))
    assert {job.id: job.state for job in found} == expected(nodes), f"seed {seed}"
    assert all(job.state in FINAL for job in found)
    for node in nodes:
        assert await world.store.edges.page(world.namespace, node.id) == [], f"seed {seed}: {node.id}"


async def plant(world: World, nodes: list[Node], chance: random.Random) -> None:
    """Store the nodes in batches of any order: many before what they wait for."""
    left = list(nodes)
    chance.shuffle(left)
    while left:
        size = chance.choice((1, 2, 10, 50))
        batch, left = left[:size], left[size:]
        jobs = [
            world.new(
                id=node.id,
                chosen_id=True,
                state=JobState.WAITING if node.edges or node.is_killed else JobState.QUEUED,
            )
            for node in batch
        ]
        await store(world, jobs, [edge for node in batch for edge in node.edges])
        # All at once: a kill alone may decide the next one's end before it is killed.
        killed = [await world.job(node.id) for node in batch if node.is_killed]
        changes = [
            change_to(job, JobState.CANCELLED, world.now, reason=Reason.CANCEL_REQUESTED) for job in killed
        ]
        assert await world.apply(*changes) == []


@pytest.mark.parametrize("seed", range(6))
async def test_a_random_graph_ends_as_it_must(world: World, seed: int) -> None:
    await play(world, seed, 30)


@pytest.mark.proof
@pytest.mark.parametrize("first", range(0, 1_000, SHARE))
async def test_a_thousand_large_graphs_end_as_they_must(world: World, first: int) -> None:
    for seed in range(first + 1_000, first + 1_000 + SHARE):
        await play(world, seed, 200)
