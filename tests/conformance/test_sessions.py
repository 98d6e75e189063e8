"""`sessions`: who is alive, who is lost, and who still holds something."""

from __future__ import annotations

import pytest

from beltline.core.outcome import Ending
from beltline.core.states import JobState
from beltline.store.params import Session
from tests.conformance.builders import change_to, ended
from tests.conformance.world import LEASE, World


async def listed(world: World, *, ended: bool = False) -> dict[str, Session]:
    return {session.id: session for session in await world.store.sessions.page(world.namespace, ended=ended)}


async def test_an_open_session_is_listed_as_it_was_opened(world: World) -> None:
    session = await world.session("w1")

    found = (await listed(world))[session]

    assert found == Session(session, "w1", "host-1", 4_711, LEASE, 8, world.now, world.now, 0, None, None)


async def test_a_session_says_what_it_works_on_and_has_code_for(world: World) -> None:
    session = await world.session("w1", queues=("mails", "ä"), definitions=("ship", "bill"))

    found = (await listed(world))[session]

    assert (found.queues, found.definitions) == (("mails", "ä"), ("ship", "bill"))


async def test_a_session_keeps_which_process_it_is(world: World) -> None:
    told, silent = await world.session(process="boot/pid:[1]/ 7:12 ä"), await world.session()

    found = await listed(world)

    assert (found[told].process, found[silent].process) == ("boot/pid:[1]/ 7:12 ä", None)


async def test_names_may_repeat(world: World) -> None:
    first, second = await world.session("twin"), await world.session("twin")

    assert set(await listed(world)) == {first, second}


async def test_a_beat_counts_and_dates(world: World) -> None:
    session = await world.session()
    replies = []
    for _ in range(3):
        world.clock.advance(1_000)
        replies.append(await world.store.sessions.beat(world.namespace, session, world.now))

    found = (await listed(world))[session]
    assert [reply.alive for reply in replies] == [True] * 3
    assert (found.beats, found.beat_at, found.opened_at) == (3, world.now, world.now - 3_000)


@pytest.mark.parametrize("end", ["unknown", "closed", "lost"])
async def test_an_ended_session_beats_no_more(world: World, end: str) -> None:
    session = await world.session() if end != "unknown" else "nobody"
    if end == "closed":
        await world.store.sessions.close(world.namespace, session, world.now)
    if end == "lost":
        await world.store.sessions.lose(world.namespace, session, 0, world.now)
    before = await listed(world, ended=True)
    world.clock.advance(5)

    reply = await world.store.sessions.beat(world.namespace, session, world.now)

    assert not reply.alive
    assert await listed(world, ended=True) == before


async def test_a_session_is_lost_where_it_has_not_beaten_since(world: World) -> None:
    session = await world.session()
    await world.store.sessions.beat(world.namespace, session, world.now)
    world.clock.advance(LEASE)

    assert await world.store.sessions.lose(world.namespace, session, 1, world.now)

    assert (await listed(world, ended=True))[session].lost_at == world.now


async def test_a_session_that_beat_meanwhile_is_not_lost(world: World) -> None:
    session = await world.session()
    await world.store.sessions.beat(world.namespace, session, world.now)

    assert not await world.store.sessions.lose(world.namespace, session, 0, world.now)

    assert (await listed(world))[session].lost_at is None
    assert (await world.store.sessions.beat(world.namespace, session, world.now)).alive


async def test_a_session_is_lost_once(world: World) -> None:
    session = await world.session()
    await world.store.sessions.lose(world.namespace, session, 0, world.now)
    world.clock.advance(5)

    assert not await world.store.sessions.lose(world.namespace, session, 0, world.now)

    assert (await listed(world, ended=True))[session].lost_at == world.now - 5


async def test_a_closed_session_is_not_lost(world: World) -> None:
    session = await world.session()
    await world.store.sessions.close(world.namespace, session, world.now)

    assert not await world.store.sessions.lose(world.namespace, session, 0, world.now)

    found = (await listed(world, ended=True))[session]
    assert (found.closed_at, found.lost_at) == (world.now, None)


async def test_a_session_is_closed_once_and_not_after_it_was_lost(world: World) -> None:
    closed, lost = await world.session("closed"), await world.session("lost")
    await world.store.sessions.close(world.namespace, closed, world.now)
    await world.store.sessions.lose(world.namespace, lost, 0, world.now)
    before = await listed(world, ended=True)
    world.clock.advance(5)

    for session in (closed, lost):
        await world.store.sessions.close(world.namespace, session, world.now)

    assert await listed(world, ended=True) == before


async def test_an_unknown_session_is_neither_lost_nor_closed(world: World) -> None:
    await world.store.sessions.close(world.namespace, "nobody", world.now)

    assert not await world.store.sessions.lose(world.namespace, "nobody", 0, world.now)
    assert await listed(world, ended=True) == {}


@pytest.mark.parametrize("end", ["closed", "lost"])
async def test_an_ended_session_is_listed_while_it_holds_jobs(world: World, end: str) -> None:
    session = await world.session()
    job = await world.running(session=session)
    if end == "closed":
        await world.store.sessions.close(world.namespace, session, world.now)
    else:
        await world.store.sessions.lose(world.namespace, session, 0, world.now)

    assert set(await listed(world)) == {session}

    assert not await world.apply(ended(job, Ending.LOST, world.now))
    assert set(await listed(world)) == set()
    assert set(await listed(world, ended=True)) == {session}


async def test_ending_a_session_leaves_its_jobs_running(world: World) -> None:
    session = await world.session()
    job = await world.running(session=session)
    before = await world.job(job.id)

    await world.store.sessions.lose(world.namespace, session, 0, world.now)

    assert await world.job(job.id) == before
    assert [held.id for held in await world.store.jobs.held(world.namespace, session)] == [job.id]


async def test_a_lost_session_may_still_settle_what_nobody_has_rescued(world: World) -> None:
    session = await world.session()
    job = await world.running(session=session)
    await world.store.sessions.lose(world.namespace, session, 0, world.now)

    assert await world.apply(change_to(job, JobState.SUCCEEDED, world.now)) == []


async def test_sessions_are_listed_newest_first(world: World) -> None:
    opened = []
    for _ in range(4):
        opened.append(await world.session())
        world.clock.advance(1_000)

    assert [session.id for session in await world.store.sessions.page(world.namespace)] == opened[::-1]


async def test_the_list_of_sessions_is_bounded(world: World) -> None:
    for _ in range(4):
        await world.session()

    assert len(await world.store.sessions.page(world.namespace, limit=3)) == 3


async def test_sessions_of_another_namespace_are_no_concern(world: World) -> None:
    session = await world.session()
    other = f"{world.namespace}-b"

    assert not (await world.store.sessions.beat(other, session, world.now)).alive
    assert not await world.store.sessions.lose(other, session, 0, world.now)
    await world.store.sessions.close(other, session, world.now)

    assert await world.store.sessions.page(other, ended=True) == []
    assert (await listed(world))[session].closed_at is None
