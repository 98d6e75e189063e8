"""The statements of a release touch what they release, however much waits beside it."""

from __future__ import annotations

import asyncpg  # type: ignore[import-untyped]
import pytest

from beltline.core.order import HEAD_START
from tests.conformance.world import World
from tests.drivers.postgres.inside import nodes
from tests.drivers.postgres.test_plans import explained, indexes, pages

WAITING = 20_000
TOLD = 100
JOBS = """
    INSERT INTO jobs (namespace, id, definition, version, queue, state, reason, priority, payload,
        payload_hash, created_at, fence, runs, attempts_used, crashes, max_attempts)
    SELECT $1, 'd' || i, 'resize', 'v', 'q', 'waiting', 'prerequisites', 0, '1',
        '1', $2::bigint, 0, 0, 0, 0, 5
    FROM generate_series(1, $3::integer) AS i
"""
EDGES = """
    INSERT INTO edges (namespace, dependent, part, prerequisite, condition, otherwise, delay_us, alternatives)
    SELECT $1, 'd' || i, 0, 'p' || i, 'succeeded', 'cancel', 0, false
    FROM generate_series(1, $2::integer) AS i
    UNION ALL
    SELECT $1, 'all', i, 'p' || i, 'succeeded', 'cancel', 0, false
    FROM generate_series(1, $2::integer) AS i
"""
NOTES = """
    INSERT INTO settled (namespace, job_id, state)
    SELECT CASE WHEN i <= $3::integer THEN $1 ELSE 'elsewhere' END, 'p' || i, 'succeeded'
    FROM generate_series(1, $2::integer) AS i
"""


@pytest.mark.parametrize("analyzed", [False, True], ids=["fresh", "analyzed"])
async def test_a_release_reads_little_more_than_it_releases(
    world: World, plain: asyncpg.Connection, *, analyzed: bool
) -> None:
    here = world.namespace
    await plain.execute(JOBS, here, world.now, WAITING)
    await plain.execute(EDGES, here, WAITING)
    await plain.execute(NOTES, here, WAITING, TOLD)
    if analyzed:
        await plain.execute("ANALYZE")
    told = [f"p{number}" for number in range(1, TOLD + 1)]
    dependents = [f"d{number}" for number in range(1, TOLD + 1)]
    parts = [0] * TOLD
    expected = {
        "release_take": (here, 1_000, 2_000, world.now),
        "edge_from": (here, told, 2_000),
        "edge_dependents": (here, told, 2_000),
        "edge_pass": (here, told, [*dependents, "all"]),
        "edge_remove": (here, dependents, parts, told, [True] * TOLD),
        "release_ready": (here, [*dependents, "all"], world.now, HEAD_START),
    }
    for name, values in expected.items():
        plan = await explained(world, plain, name, *values)

        read = {node.get("Relation Name") for node in nodes(plan) if node["Node Type"] == "Seq Scan"}
        assert read.isdisjoint({"jobs", "edges"}), name
        assert "parked" not in indexes(plan), name
        assert pages(plan) < 30 * TOLD, name
