"""A submit that joins the caller's own transaction.

With its commit the job exists, with its rollback it never did.
"""

from __future__ import annotations

import asyncio
import sqlite3
import uuid
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pytest

from beltline.client.beltline import Beltline
from beltline.core.errors import (
    InvalidInput,
    InvalidPayload,
    KeyReused,
    NotFound,
    PrerequisiteCycle,
    Unsupported,
)
from beltline.core.states import JobState
from beltline.definitions.children import Brood
from tests.client.callers import FILE_KINDS, SERVER_KINDS, Caller, Kind
from tests.client.hand import Hand
from tests.client.jobs import Jobs

KINDS: Final[Mapping[str, Kind]] = MappingProxyType({**FILE_KINDS, **SERVER_KINDS})


@pytest.fixture(params=KINDS)
async def joined(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Jobs, Caller]]:
    """An open Beltline, and a caller with a transaction in its database."""
    kind = str(request.param)
    url: str = (
        f"sqlite:///{tmp_path / 'beltline.db'}"
        if kind in FILE_KINDS
        else request.getfixturevalue("postgres_url") + "?schema=joined"
    )
    jobs = Jobs(Beltline(url, namespace=f"ns-{uuid.uuid4().hex[:12]}"))
    async with jobs.belt, KINDS[kind](url) as caller:
        yield jobs, caller


async def is_there(jobs: Jobs, job_id: str) -> bool:
    try:
        await jobs.belt.get(job_id)
    except NotFound:
        return False
    return True


async def test_the_job_exists_when_the_caller_commits(joined: tuple[Jobs, Caller]) -> None:
    jobs, caller = joined

    reference = await jobs.thumbnail.options(conn=caller.conn, priority=4).submit("a.png")
    assert not await is_there(jobs, reference.id)
    await caller.commit()

    job = await reference.job()
    assert (job.state, job.priority, job.payload) == (JobState.QUEUED, 4, b'{"path":"a.png"}')
    assert (await Hand(jobs.belt).take()).id == reference.id


async def test_the_job_never_was_when_the_caller_rolls_back(joined: tuple[Jobs, Caller]) -> None:
    jobs, caller = joined

    reference = await jobs.add.options(conn=caller.conn, idempotency_key="k").submit(1, 2)
    await caller.rollback()

    assert not await is_there(jobs, reference.id)
    again = await jobs.add.options(idempotency_key="k").submit(3, 4)
    assert (again.existing, (await again.job()).state) == (False, JobState.QUEUED)


async def test_many_join_too(joined: tuple[Jobs, Caller]) -> None:
    jobs, caller = joined

    references = await jobs.add.options(conn=caller.conn).submit_many(
        {"left": n, "right": n} for n in range(20)
    )
    assert not await is_there(jobs, references[0].id)
    await caller.commit()

    assert [await is_there(jobs, reference.id) for reference in references] == [True] * 20


async def test_a_key_that_is_alive_gives_its_job(joined: tuple[Jobs, Caller]) -> None:
    jobs, caller = joined
    first = await jobs.add.options(idempotency_key="k").submit(1, 2)

    again = await jobs.add.options(idempotency_key="k", conn=caller.conn).submit(1, 2)
    await caller.commit()

    assert (again.id, again.existing) == (first.id, True)


async def test_a_conflict_stores_nothing_and_leaves_the_transaction_open(joined: tuple[Jobs, Caller]) -> None:
    jobs, caller = joined
    await jobs.add.options(idempotency_key="k").submit(1, 2)
    handle = jobs.add.options(conn=caller.conn)

    with pytest.raises(KeyReused):
        await handle.options(idempotency_key="k").submit(1, 3)
    other = await handle.submit(5, 6)
    await caller.commit()

    assert await is_there(jobs, other.id)


async def test_a_payload_that_does_not_fit_leaves_the_transaction_open(joined: tuple[Jobs, Caller]) -> None:
    jobs, caller = joined
    handle = jobs.add.options(conn=caller.conn)

    with pytest.raises(InvalidPayload):
        await handle.submit("1", 2)
    reference = await handle.submit(1, 2)
    await caller.commit()

    assert await is_there(jobs, reference.id)


async def test_what_is_no_connection_is_refused(opened: Jobs) -> None:
    with pytest.raises(InvalidInput, match="conn="):
        await opened.add.options(conn="db").submit(1, 2)


def test_a_program_without_an_event_loop_joins_on_its_own_thread(tmp_path: Path) -> None:
    path = tmp_path / "beltline.db"
    jobs = Jobs(Beltline(f"sqlite:///{path}").open_sync())
    conn = sqlite3.connect(path, isolation_level=None)
    conn.execute("BEGIN")
    handle = jobs.add.options(conn=conn)

    kept = handle.submit_sync(1, 2)
    conn.execute("COMMIT")
    conn.execute("BEGIN")
    dropped = handle.submit_sync(3, 4)
    conn.execute("ROLLBACK")

    assert conn.execute("SELECT id FROM jobs").fetchall() == [(kept.id,)]
    assert dropped.id != kept.id
    conn.close()
    jobs.belt.close_sync()


def test_without_an_event_loop_a_job_is_tied_with_and_without_a_connection(tmp_path: Path) -> None:
    path = tmp_path / "beltline.db"
    jobs = Jobs(Beltline(f"sqlite:///{path}").open_sync())
    conn = sqlite3.connect(path, isolation_level=None)

    first = jobs.add.options(after=["to-come"]).submit_sync(1, 2)
    conn.execute("BEGIN")
    second = jobs.add.options(conn=conn, after=[first]).submit_sync(1, 2)
    conn.execute("COMMIT")

    found = conn.execute("SELECT dependent, prerequisite FROM edges ORDER BY dependent").fetchall()
    assert found == sorted([(first.id, "to-come"), (second.id, first.id)])
    conn.close()
    jobs.belt.close_sync()


@pytest.mark.parametrize("kind", sorted(kind for kind in SERVER_KINDS if "async" in kind))
async def test_a_synchronous_submit_refuses_an_asynchronous_connection(
    opened: Jobs, postgres_url: str, kind: str
) -> None:
    async with KINDS[kind](postgres_url) as caller:
        with pytest.raises(Unsupported, match="await the asynchronous form"):
            opened.add.options(conn=caller.conn).submit_sync(1, 2)
        await caller.rollback()


@pytest.mark.parametrize("kind", sorted(kind for kind in SERVER_KINDS if "async" in kind))
async def test_a_thread_refuses_an_asynchronous_connection_before_it_is_touched(
    postgres_url: str, kind: str
) -> None:
    url = postgres_url + "?schema=joined"
    jobs = Jobs(Beltline(url, namespace=f"ns-{uuid.uuid4().hex[:12]}"))
    async with jobs.belt, KINDS[kind](url) as caller:
        submit = jobs.add.options(conn=caller.conn).submit_sync

        with pytest.raises(Unsupported, match="await the asynchronous form"):
            await asyncio.to_thread(submit, 1, 2)
        await caller.rollback()


async def test_what_ties_a_job_to_others_joins_too(joined: tuple[Jobs, Caller]) -> None:
    jobs, caller = joined
    first = await jobs.add.submit(1, 2)

    tied = jobs.thumbnail.options(conn=caller.conn, after=[first], parent=Brood(first.id, 1, None))
    second = await tied.submit("a.png")
    assert not await is_there(jobs, second.id)
    await caller.commit()

    job = await second.job()
    assert (job.state, job.parent) == (JobState.WAITING, first.id)
    assert [(each.what, each.id) for each in (await jobs.belt.explain(second.id)).waits] == [
        ("job", first.id)
    ]


async def test_a_cycle_leaves_the_callers_transaction_usable(joined: tuple[Jobs, Caller]) -> None:
    jobs, caller = joined
    await jobs.add.options(id="one", after=["two"]).submit(1, 2)

    with pytest.raises(PrerequisiteCycle):
        await jobs.add.options(conn=caller.conn, id="two", after=["one"]).submit(1, 2)
    other = await jobs.add.options(conn=caller.conn).submit(3, 4)
    await caller.commit()

    assert [await is_there(jobs, name) for name in ("two", other.id)] == [False, True]
