"""Hot statements are served by the index meant for them, and cost the same however much is stored."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Iterator, Mapping

import pytest

from beltline.core.states import JobState
from beltline.store.pages import JobFilter, ListJobs
from beltline.store.sqlite.store import SqliteStore
from beltline.store.sqlite.transaction import STATEMENTS
from beltline.store.steps import NewEntry, NewPosition, NewStep
from tests.clocks import FakeClock
from tests.conformance.builders import change_to
from tests.conformance.remembering import enter, memory, record, save
from tests.conformance.stores import Place
from tests.conformance.world import World
from tests.drivers.sqlite.inside import connection_of, counted

SERVED_BY = {
    "apply_attempts": "j USING PRIMARY KEY (namespace=? AND id=?)",
    "agenda": "COVERING INDEX jobs_later (namespace=? AND state=?)",
    "apply_dead": "j USING PRIMARY KEY (namespace=? AND id=?)",
    "apply_history": "j USING PRIMARY KEY (namespace=? AND id=?)",
    "apply_keys": "j USING PRIMARY KEY (namespace=? AND id=?)",
    "apply_leave": "jobs USING PRIMARY KEY (namespace=? AND id=?)",
    "apply_missed": "jobs USING PRIMARY KEY (namespace=? AND id=?)",
    "apply_stay": "jobs USING PRIMARY KEY (namespace=? AND id=?)",
    "claim_chosen": "jobs USING PRIMARY KEY (namespace=? AND id=?)",
    "claim_front": "jobs USING INDEX jobs_ready (namespace=? AND queue=? AND needs=?)",
    "claim_fronts": "jobs USING INDEX jobs_ready (namespace=? AND queue=? AND needs=? AND order_key>?)",
    "claim_queues": "INDEX jobs_ready (namespace=? AND queue>?)",
    "claim_take": "jobs USING PRIMARY KEY (namespace=? AND id=?)",
    "fronts": "jobs USING INDEX jobs_ready (namespace=? AND queue=? AND needs=?)",
    "held": "jobs USING INDEX jobs_held (namespace=? AND session=?)",
    "lanes": "jobs USING COVERING INDEX jobs_ready (namespace=? AND queue=? AND needs>?)",
    "group_get": "COVERING INDEX dead_by_group (namespace=? AND fingerprint=?)",
    "group_page": "COVERING INDEX dead_by_group (namespace=?)",
    "letter_group_page": "dead USING INDEX dead_by_group (namespace=? AND fingerprint=? AND finished_at>?",
    "page_created": "history USING INDEX history_created (namespace=? AND created_at<?",
    "page_finished": "history USING INDEX history_finished (namespace=? AND finished_at<?",
    "subscription_page": "subscriptions USING PRIMARY KEY (namespace=?)",
    "outcome_page": "outcomes USING INDEX outcomes_noted (namespace=?)",
    "letter_page": "dead USING INDEX dead_finished (namespace=? AND finished_at>?",
    "mark_news": "m USING INDEX replay_marks_open (namespace=? AND run_id=?)",
    "next_due": "COVERING INDEX jobs_later (namespace=? AND state=?)",
    "note_requests": "jobs USING PRIMARY KEY (namespace=? AND id=?)",
    "overdue": "jobs USING INDEX jobs_expiry (namespace=? AND expires_at>? AND expires_at<?)",
    "progress": "jobs USING PRIMARY KEY (namespace=? AND id=?)",
    "prune_history_find": "INDEX history_finished (namespace=? AND finished_at<?)",
    "ledger_enter": "jobs USING PRIMARY KEY (namespace=? AND id=?)",
    "ledger_found": "ledger USING PRIMARY KEY (namespace=? AND definition=? AND once_key=?)",
    "position_save": "jobs USING PRIMARY KEY (namespace=? AND id=?)",
    "prune_ledger": "ledger USING COVERING INDEX ledger_at (namespace=? AND at<?)",
    "run_open_page": "replay_runs USING INDEX replay_runs_open (namespace=?)",
    "session_requests": "jobs USING INDEX jobs_held (namespace=? AND session=?)",
    "step_found": "steps USING PRIMARY KEY (namespace=? AND job_id=? AND name=?)",
    "step_load": "steps USING PRIMARY KEY (namespace=? AND job_id=?)",
    "step_record": "jobs USING PRIMARY KEY (namespace=? AND id=?)",
    "stage": "COVERING INDEX jobs_later (namespace=? AND state=? AND run_at<?)",
    "unsettled": "j USING",
    "schedule_due": "schedules USING INDEX schedules_due (namespace=? AND next_at>? AND next_at<?)",
    "schedule_outlook": "schedules USING INDEX schedules_due (namespace=? AND next_at>?)",
    "schedule_buffering": "schedules USING INDEX schedules_buffering (namespace=?)",
    "schedule_advance": "schedules USING PRIMARY KEY (namespace=? AND name=?)",
    "fire_page": "fires USING PRIMARY KEY (namespace=? AND schedule=?)",
    "prune_fires": "fires USING INDEX fires_at (namespace=? AND at<?)",
    "backfill_running": "backfills USING INDEX backfills_running (namespace=?)",
    "unfinished": "jobs USING PRIMARY KEY (namespace=? AND id=?)",
}
TABLES = re.compile(
    r"^SCAN (jobs|dead|history|attempts|idempotency|sessions|job_logs|steps|positions|ledger|j|k|s"
    r"|schedules|fires)\b"
)


@pytest.fixture(scope="module")
def stored() -> Iterator[Mapping[bool, sqlite3.Connection]]:
    """Stores for plans alone: a fresh one, and (True) one with jobs whose tables were analyzed."""
    worlds = {analyzed: _memory() for analyzed in (False, True)}
    asyncio.run(_opened(worlds[False], jobs=0))
    asyncio.run(_opened(worlds[True], jobs=300))
    connections = {analyzed: connection_of(world) for analyzed, world in worlds.items()}
    connections[True].execute("ANALYZE")
    yield connections
    for world in worlds.values():
        asyncio.run(world.store.close())


def _memory() -> World:
    clock = FakeClock()
    store = SqliteStore(None, clock=clock)
    return World(Place(store.url), store, clock, "here")


async def _opened(world: World, *, jobs: int) -> None:
    await world.store.open()
    if jobs:
        await world.insert(*(world.new(queue=f"q{number % 3}") for number in range(jobs)))


def plan(connection: sqlite3.Connection, name: str) -> list[str]:
    parameters = dict.fromkeys(re.findall(r":([a-z_]+)", STATEMENTS[name]), "[]")
    rows = connection.execute(f"EXPLAIN QUERY PLAN {STATEMENTS[name]}", parameters).fetchall()
    return [detail for *_, detail in rows]


@pytest.mark.parametrize(
    "states",
    [[JobState.RUNNING], [JobState.RETRYING], [JobState.PAUSED, JobState.SCHEDULED]],
    ids=["running", "retrying", "paused and scheduled"],
)
async def test_a_list_of_what_few_jobs_are_does_not_read_what_is_queued(
    inline: World, states: list[JobState]
) -> None:
    few = [await inline.bring(state) for state in states]
    await inline.insert(*(inline.new() for _ in range(2_000)))
    params = ListJobs(namespace=inline.namespace, where=JobFilter(states=frozenset(states)))

    with counted(inline) as counts:
        page = await inline.store.reads.page(params)

    assert sorted(job.id for job in page.items) == sorted(job.id for job in few)
    assert counts.tens < 200


@pytest.mark.parametrize("analyzed", [False, True], ids=["fresh", "analyzed"])
@pytest.mark.parametrize("name", SERVED_BY)
def test_a_hot_statement_uses_its_index(
    stored: Mapping[bool, sqlite3.Connection], name: str, analyzed: bool
) -> None:
    steps = plan(stored[analyzed], name)

    assert any(SERVED_BY[name] in step for step in steps), steps


@pytest.mark.parametrize("name", sorted(STATEMENTS.keys() - {"audit_append", "migrations_note"}))
def test_no_statement_walks_a_table_that_grows(stored: Mapping[bool, sqlite3.Connection], name: str) -> None:
    assert not [step for step in plan(stored[False], name) if TABLES.match(step)]


async def fill(world: World, queued: int) -> None:
    for start in range(0, queued, 5_000):
        size = min(5_000, queued - start)
        await world.insert(*(world.new(queue=f"q{n % 3}") for n in range(size)))


async def cost_of_a_turn(world: World, queues: tuple[str, ...] | None, *, limit: int = 100) -> int:
    """Return the steps of SQLite's machine, in tens, of a claim and of the way to history."""
    session = await world.session()
    with counted(world) as counts:
        claimed = await world.claim(session=session, limit=limit, queues=queues)
        assert not await world.apply(*(change_to(job, JobState.SUCCEEDED, world.now) for job in claimed))
    assert len(claimed) == limit
    return counts.tens


@pytest.mark.parametrize("queues", [None, ("q1",), ("q0", "q2")], ids=["any", "one", "two"])
async def test_a_claim_and_its_end_cost_the_same_however_much_is_queued(
    inline: World, queues: tuple[str, ...] | None
) -> None:
    await fill(inline, 1_000)
    few = await cost_of_a_turn(inline, queues)
    await fill(inline, 20_000)
    many = await cost_of_a_turn(inline, queues)

    assert many < few * 1.2


async def test_of_jobs_that_were_submitted_at_once_many_cost_a_claim_no_more_than_few(inline: World) -> None:
    queues = ("q0", "q2")
    await inline.insert(*(inline.new(queue=queue, order_key=7) for queue in queues for _ in range(1_000)))

    few = await cost_of_a_turn(inline, queues, limit=100)
    many = await cost_of_a_turn(inline, queues, limit=1_000)

    assert many < 10 * few * 1.2


async def test_a_claim_and_its_end_are_the_same_few_statements_for_any_batch(inline: World) -> None:
    await fill(inline, 400)
    session = await inline.session()
    sizes = []
    for limit in (1, 300):
        with counted(inline) as counts:
            claimed = await inline.claim(session=session, limit=limit, queues=("q0", "q1", "q2"))
            await inline.apply(*(change_to(job, JobState.SUCCEEDED, inline.now) for job in claimed))
        assert len(claimed) == limit
        sizes.append(len(counts.statements))

    assert sizes[0] == sizes[1] <= 12


async def test_an_insert_is_two_statements_for_any_batch(inline: World) -> None:
    with counted(inline) as counts:
        await inline.insert(*(inline.new() for _ in range(500)))

    assert [statement.split()[0] for statement in counts.statements if not statement.startswith("--")] == [
        "BEGIN",
        "COMMIT",
    ]
    assert len([statement for statement in counts.statements if statement.startswith("--")]) == 2


async def test_jobs_of_paused_and_other_queues_cost_a_claim_nothing(inline: World) -> None:
    await inline.insert(*(inline.new(queue="mine") for _ in range(100)))
    alone = await cost_of_a_turn(inline, None)
    await fill(inline, 10_000)
    for queue in ("q0", "q1", "q2"):
        await inline.store.queues.set_paused(inline.namespace, queue, paused=True, now=inline.now)
    await inline.insert(*(inline.new(queue="mine") for _ in range(100)))

    assert await cost_of_a_turn(inline, None) < alone * 1.2


async def test_what_a_batch_of_jobs_remembers_is_one_statement_each_way(inline: World) -> None:
    await inline.insert(*(inline.new() for _ in range(200)))
    jobs = await inline.claim(limit=200)
    acts = (
        lambda: record(inline, *(NewStep(job.id, job.fence, "pay", b"1") for job in jobs)),
        lambda: save(inline, *(NewPosition(job.id, job.fence, "rows", b"1") for job in jobs)),
        lambda: enter(inline, *(NewEntry(job.id, job.fence, 1, "mail", job.id, None) for job in jobs)),
        lambda: memory(inline, *(job.id for job in jobs)),
    )

    for act in acts:
        with counted(inline) as counts:
            await act()
        assert len([statement for statement in counts.statements if statement.startswith("--")]) == 1


async def test_settling_pays_for_groups_only_where_a_letter_is_made(inline: World) -> None:
    await inline.insert(*(inline.new() for _ in range(200)))
    session = await inline.session()
    texts = []
    for state in (JobState.SUCCEEDED, JobState.FAILED):
        claimed = await inline.claim(session=session, limit=100)
        with counted(inline) as counts:
            await inline.apply(*(change_to(job, state, inline.now) for job in claimed))
        texts.append([statement for statement in counts.statements if statement.startswith("--")])

    succeeded, failed = texts
    assert len(succeeded) == len(failed) == 4
    assert not any("fingerprint" in statement for statement in succeeded)
