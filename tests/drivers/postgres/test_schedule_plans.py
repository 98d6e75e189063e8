"""What every worker asks each second, and each tick, goes by its index however many schedules there are."""

from __future__ import annotations

from typing import Final

import asyncpg  # type: ignore[import-untyped]
import pytest

from tests.conformance.world import World
from tests.drivers.postgres.inside import nodes
from tests.drivers.postgres.test_plans import explained, indexes, pages

SCHEDULES: Final = 20_000
FILL: Final = """
    INSERT INTO schedules (namespace, name, definition, spec, payload, paused, next_at, revision, open_jobs,
        created_at, changed_at)
    SELECT $1, 's' || lpad(i::text, 6, '0'), 'resize', '{"every":3600}', '{}', i % 10 = 0, $2::bigint + i,
        1, '[]', $2, $2
    FROM generate_series(1, $3::integer) AS i
"""
FIRE: Final = """
    INSERT INTO fires (namespace, schedule, tick, dropped, outcome, reason, ticks, at)
    SELECT $1, 's' || lpad((i % 100)::text, 6, '0'), i, false, 'submitted', 'due', 1, i
    FROM generate_series(1, $2::integer) AS i
"""


@pytest.mark.parametrize("analyzed", [False, True], ids=["fresh", "analyzed"])
async def test_schedules_are_found_by_their_indexes(
    world: World, plain: asyncpg.Connection, *, analyzed: bool
) -> None:
    await plain.execute(FILL, world.namespace, world.now, SCHEDULES)
    await plain.execute(FIRE, world.namespace, SCHEDULES)
    if analyzed:
        await plain.execute("ANALYZE")
    here, names = world.namespace, [f"s{number:06}" for number in range(1, 101)]
    none: list[None] = [None] * 100
    step = (here, names, [1] * 100, [1] * 100, none, ["[]"] * 100, none, none, none)
    expected = {
        "schedule_outlook": ((here,), "schedules_due", 60),
        "schedule_due": ((here, world.now + 50, 100), "schedules_due", 200),
        "schedule_buffering": ((here, 100), "schedules_buffering", 20),
        "schedule_advance": (step, "schedules_pkey", 4_000),
        "fire_page": ((here, "s000007", None, 10), "fires_pkey", 300),
    }
    for name, (values, index, most) in expected.items():
        plan = await explained(world, plain, name, *values)

        assert not [node for node in nodes(plan) if node["Node Type"] == "Seq Scan"], name
        assert index in indexes(plan), name
        assert pages(plan) < most, name
