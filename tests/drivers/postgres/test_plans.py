"""Hot statements are served by the index meant for them, and touch few pages however much is stored."""

from __future__ import annotations

import json
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]
import pytest

from beltline.core.job import ClaimedJob
from beltline.core.order import HEAD_START
from beltline.core.states import JobState
from beltline.store.params import Retention
from beltline.store.postgres.changes import parts_of, values_of
from beltline.store.postgres.floors import LOWEST, SPAN_US
from beltline.store.steps import NewEntry, NewPosition, NewStep
from tests.conformance.builders import QUEUE, change_to
from tests.conformance.remembering import enter, memory, record, save
from tests.conformance.world import World
from tests.drivers.postgres.inside import counted, literal, nodes, pool_of

QUEUED: Final = 100_000
GROWING: Final = frozenset({"jobs", "dead", "attempts", "idempotency", "job_logs"})
FILL: Final = """
    INSERT INTO jobs (namespace, id, definition, version, queue, state, reason, priority, order_key, run_at,
        payload, payload_hash, created_at, queued_at, fence, runs, attempts_used, crashes, max_attempts)
    SELECT $1, 'a' || lpad(i::text, 25, '0'), 'resize', 'v', 'q' || i % 3, 'queued', 'submitted', 0,
        $2::bigint + i, $2, '1', '1', $2, $2, 0, 0, 0, 0, 5
    FROM generate_series(1, $3::integer) AS i
"""
KEEP: Final = """
    INSERT INTO history (namespace, id, definition, version, queue, state, reason, priority, order_key,
        run_at, payload, payload_hash, created_at, queued_at, fence, runs, attempts_used, crashes,
        max_attempts, started_at, finished_at)
    SELECT $1, 'b' || lpad(i::text, 25, '0'), 'resize', 'v', 'q' || i % 3, 'succeeded', 'returned', 0,
        $2::bigint, $2, '1', '1', $2, $2, 1, 1, 0, 0, 5, $2, $2
    FROM generate_series(1, $3::integer) AS i
"""

DIE: Final = """
    INSERT INTO dead (namespace, id, definition, version, queue, state, reason, priority, order_key, run_at,
        payload, payload_hash, created_at, queued_at, fence, runs, attempts_used, crashes, max_attempts,
        finished_at, error)
    SELECT $1, 'c' || lpad(i::text, 25, '0'), 'resize', 'v' || i % 3, 'q', 'failed', 'not_retryable', 0,
        $2::bigint, $2, '1', '1', $2, $2, 1, 1, 1, 0, 5, $2 + i,
        convert_to('{"fingerprint":"' || lpad((i % 40)::text, 12, '0') || '"}', 'UTF8')
    FROM generate_series(1, $3::integer) AS i
"""


async def fill(world: World, plain: asyncpg.Connection, *, analyzed: bool) -> None:
    await plain.execute(FILL, world.namespace, world.now, QUEUED)
    await plain.execute(KEEP, world.namespace, world.now, QUEUED)
    if analyzed:
        await plain.execute("ANALYZE")


async def explained(world: World, plain: asyncpg.Connection, name: str, *values: object) -> dict[str, Any]:
    """Return what running the statement with its generic plan did, and undo it."""
    await plain.execute(f"BEGIN; PREPARE probe AS {pool_of(world).text(name)}")
    try:
        given = ", ".join(map(literal, values))
        told = await plain.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE probe({given})")
    finally:
        await plain.execute("ROLLBACK; DEALLOCATE probe")
    plan: dict[str, Any] = json.loads(told)[0]["Plan"]
    return plan


def indexes(plan: dict[str, Any]) -> set[str]:
    return {node["Index Name"] for node in nodes(plan) if "Index Name" in node}


def whole_tables(plan: dict[str, Any]) -> set[str]:
    scanned = {node["Relation Name"] for node in nodes(plan) if node["Node Type"] == "Seq Scan"}
    return {name for name in scanned if name in GROWING or name.startswith("history")}


def pages(plan: dict[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


async def held(world: World, limit: int) -> list[ClaimedJob]:
    return await world.claim(session=await world.session(), limit=limit, queues=("q1",))


@pytest.mark.parametrize("analyzed", [False, True], ids=["fresh", "analyzed"])
class TestAtScale:
    """With 100,000 jobs queued and as many kept, planned for tables that were empty or that were analyzed."""

    @pytest.mark.parametrize(
        ("name", "which", "most"),
        [("claim_front", "q1", 5_000), ("claim_queues", ["q0", "q2"], 6_000), ("claim_queues", None, 6_000)],
        ids=["one", "two", "any"],
    )
    async def test_a_claim_reads_little_more_than_it_takes(
        self, world: World, plain: asyncpg.Connection, *, analyzed: bool, name: str, which: object, most: int
    ) -> None:
        await fill(world, plain, analyzed=analyzed)
        session = await world.session()

        plan = await explained(world, plain, name, world.namespace, session, world.now, 300, which, LOWEST)

        assert (plan["Actual Rows"], whole_tables(plan)) == (300, set())
        assert "ready" in indexes(plan)
        assert pages(plan) < most

    @pytest.mark.parametrize(
        "state", [JobState.SUCCEEDED, JobState.FAILED, JobState.RETRYING], ids=["history", "dead", "stay"]
    )
    async def test_an_end_finds_each_job_by_its_key(
        self, world: World, plain: asyncpg.Connection, *, analyzed: bool, state: JobState
    ) -> None:
        await fill(world, plain, analyzed=analyzed)
        (part,) = parts_of([change_to(job, state, world.now) for job in await held(world, 300)])

        plan = await explained(world, plain, part.statement, *values_of(part, world.namespace, world.now))

        assert whole_tables(plan) == set()
        assert indexes(plan) & {"jobs_pkey", "held", "ready"} == {"jobs_pkey"}
        assert pages(plan) < 12_000

    async def test_upkeep_and_beats_go_by_their_indexes(
        self, world: World, plain: asyncpg.Connection, *, analyzed: bool
    ) -> None:
        await fill(world, plain, analyzed=analyzed)
        claimed = await held(world, 10)
        ids, fences = [job.id for job in claimed], [job.fence for job in claimed]
        session = await world.session()
        here = world.namespace
        expected = {
            "stage": ((here, world.now, 100, HEAD_START), "due"),
            "agenda": ((here, world.now), "due"),
            "next_due": ((here,), "due"),
            "overdue": ((here, world.now, 100), "deadline"),
            "lanes": ((here, None, "", None, 1_000), "ready"),
            "fronts": ((here, world.now, 100, ["q0", "q2"], ["", "{}"]), "ready"),
            "claim_chosen": ((here, session, world.now, 10, ids), "jobs_pkey"),
            "held": ((here, session), "held"),
            "session_beat": ((here, session, world.now), "held"),
            "note_requests": ((here, ids, fences, "cancel"), "jobs_pkey"),
            "progress": ((here, ids, fences, [0.5] * 10, ["half"] * 10), "jobs_pkey"),
            "get": ((here, ids), "jobs_pkey"),
            "finished": ((here, ids), "dead_pkey"),
            "subscription_page": ((here,), "subscriptions_pkey"),
            "outcome_page": ((here, 500), "outcomes_noted"),
            "lock_jobs": ((here, ids), "jobs_pkey"),
            "step_record": ((here, 1, ids, fences, ["pay"] * 10, [b"1"] * 10), "jobs_pkey"),
            "step_load": ((here, ids), "steps_pkey"),
            "position_save": ((here, 1, ids, fences, ["rows"] * 10, [b"1"] * 10), "jobs_pkey"),
            "ledger_enter": ((here, 1, ids, fences, [1] * 10, ["mail"] * 10, ids, ids), "jobs_pkey"),
            "ledger_found": ((here, ids, fences, ["mail"] * 10, ids), "ledger_pkey"),
        }
        for name, (values, index) in expected.items():
            plan = await explained(world, plain, name, *values)

            assert whole_tables(plan) == set(), name
            assert index in indexes(plan), name
            assert pages(plan) < 1_000, name


async def fill_in_time(world: World, plain: asyncpg.Connection) -> None:
    """Fill jobs and history with what was created a day before and finished on a day with a partition."""
    away = dict.fromkeys(("history_before", "dead_before", "sessions_before", "tallies_before"), 0)
    await world.store.upkeep.prune(Retention(namespace=world.namespace, now=world.now, **away))
    created, finished = (
        "created_at - 86400000000 + right(id, 9)::bigint",
        "finished_at + right(id, 9)::bigint",
    )
    await plain.execute(FILL, world.namespace, world.now, QUEUED)
    await plain.execute(f"UPDATE jobs SET created_at = {created}")  # noqa: S608 - of ours
    await plain.execute(KEEP, world.namespace, world.now, QUEUED)
    await plain.execute(f"UPDATE history SET created_at = {created}, finished_at = {finished}")  # noqa: S608
    await plain.execute(FILL.replace("'a'", "'d'"), world.namespace, world.now, 60)
    await plain.execute("VACUUM ANALYZE jobs, history")
    await plain.execute("SET enable_bitmapscan = on")


async def test_a_page_by_finish_reads_little_of_history(world: World, plain: asyncpg.Connection) -> None:
    await fill_in_time(world, plain)
    times = (2**62, world.now + QUEUED - 100)
    given = ("", *[None] * 4, True, True, 51, False, *times, *[None] * 4)

    plan = await explained(world, plain, "page_finished", world.namespace, *given)

    assert plan["Actual Rows"] == 51
    assert whole_tables(plan) == set()
    assert "history_20300101_finished_at_idx" in indexes(plan)
    assert pages(plan) < 1_000


async def test_a_page_by_creation_reads_little_of_what_is_queued_and_kept(
    world: World, plain: asyncpg.Connection
) -> None:
    await fill_in_time(world, plain)
    filters = (*[None] * 4, True, True, True, 51, False, *[False] * 3, *[None] * 4)
    times = (2**62, world.now - 60_000_000)

    plan = await explained(world, plain, "page_created", world.namespace, "", *filters, *times)

    assert plan["Actual Rows"] == 51
    assert whole_tables(plan) == set()
    assert {"jobs_created", "history_20300101_created_at_idx"} <= indexes(plan)
    assert pages(plan) < 1_000


async def test_groups_are_listed_from_their_index_alone(world: World, plain: asyncpg.Connection) -> None:
    await plain.execute(DIE, world.namespace, world.now, 20_000)
    await plain.execute("VACUUM ANALYZE dead")

    listed = await explained(world, plain, "group_page", world.namespace, None, None, None, None, 50)
    one = await explained(world, plain, "group_get", world.namespace, "000000000007")

    for plan in (listed, one):
        scans = {node["Node Type"] for node in nodes(plan) if node.get("Index Name") == "dead_by_group"}
        assert "Index Only Scan" in scans
        assert whole_tables(plan) == set()
    assert pages(listed) < 2_000


async def test_a_claim_and_an_apply_and_an_insert_are_one_statement_each(single: World) -> None:
    # The first of each on a connection also asks for the types of the columns.
    first = await single.running()
    assert await single.apply(change_to(first, JobState.SUCCEEDED, single.now)) == []
    await single.insert(*(single.new(priority=number) for number in range(300)))
    session = await single.session()
    single.clock.advance(SPAN_US)
    async with counted(single) as statements:
        claimed = await single.claim(session=session, limit=300, queues=None)
        assert await single.apply(*(change_to(job, JobState.SUCCEEDED, single.now) for job in claimed)) == []
        await single.insert(*(single.new() for _ in range(300)))
        await single.insert(*(single.new(priority=number % 7) for number in range(300)))
        await single.insert(single.new())

    names = ("claim_queues", "apply_history", "insert_alike", "insert", "insert_one")
    assert statements == [pool_of(single).text(name) for name in names]


async def test_a_busy_store_claims_behind_the_entries_of_what_it_took(
    single: World, plain: asyncpg.Connection
) -> None:
    await single.insert(*(single.new(order_key=number) for number in range(9_000)))
    session = await single.session()
    for _ in range(8):
        taken = await single.claim(session=session, limit=1_000)
        assert await single.apply(*(change_to(job, JobState.SUCCEEDED, single.now) for job in taken)) == []
    [taken_last] = await single.claim(session=session, limit=1)

    floor = (await single.job(taken_last.id)).order_key
    here = (single.namespace, session, single.now, 10, QUEUE)
    front = await explained(single, plain, "claim_front", *here, LOWEST)
    behind = await explained(single, plain, "claim_front", *here, floor)
    # 8,000 dead entries fill more than 50 pages of the index.
    assert pages(behind) + 50 < pages(front)


async def test_a_claim_of_nothing_asks_whether_the_session_is_open(single: World) -> None:
    session = await single.session()
    async with counted(single) as statements:
        assert await single.claim(session=session, queues=("nothing",)) == []

    assert statements == [pool_of(single).text(name) for name in ("claim_front", "session_able")]


async def test_what_a_batch_of_jobs_remembers_is_one_statement_each_way(single: World) -> None:
    await single.insert(*(single.new() for _ in range(201)))
    first, *jobs = await single.claim(limit=201)

    async def remember(*jobs: ClaimedJob) -> None:
        await record(single, *(NewStep(job.id, job.fence, "pay", b"1") for job in jobs))
        await save(single, *(NewPosition(job.id, job.fence, "rows", b"1") for job in jobs))
        await enter(single, *(NewEntry(job.id, job.fence, 1, "mail", job.id, None) for job in jobs))
        await memory(single, *(job.id for job in jobs))

    await remember(first)
    async with counted(single) as statements:
        await remember(*jobs)

    names = ("step_record", "position_save", "ledger_enter", "step_load")
    assert statements == [pool_of(single).text(name) for name in names]
