from __future__ import annotations

import os
import random
from dataclasses import replace

from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.engine.settle import claim
from beltline.runtime.lease import BEATS_A_LEASE, Lease
from tests.runtime.works import QUICK, Works


def lease(works: Works, *, name: str = "") -> Lease:
    return Lease(works.store, "default", replace(QUICK, name=name), random=random.Random(1))


async def test_a_session_tells_where_its_worker_is(works: Works) -> None:
    made = lease(works, name="blue")

    await made.open()

    [session] = await works.sessions()
    assert (session.id, session.name, session.pid) == (made.session, "blue", os.getpid())
    assert (session.lease_us, session.concurrency) == (QUICK.lease_us, QUICK.concurrency)


async def test_a_session_tells_which_process_it_is(works: Works) -> None:
    made = Lease(works.store, "default", QUICK, random=random.Random(1), process=lambda: "this one")

    await made.open()

    [session] = await works.sessions()
    assert session.process == "this one"


async def test_a_worker_without_a_name_is_called_by_host_and_process(works: Works) -> None:
    made = lease(works)

    await made.open()

    [session] = await works.sessions()
    assert session.name == f"{session.host}:{os.getpid()}"


async def test_workers_of_one_name_have_sessions_of_their_own(works: Works) -> None:
    first, second = lease(works, name="blue"), lease(works, name="blue")
    second._random = random.Random(2)
    await first.open()
    await second.open()

    assert {session.id for session in await works.sessions()} == {first.session, second.session}


async def test_opening_anew_is_another_session(works: Works) -> None:
    made = lease(works)
    await made.open()
    before = made.session
    made.doubtful = True

    await made.open()

    assert made.session != before
    assert not made.doubtful


async def test_what_is_held_without_being_known_is_given_back(works: Works) -> None:
    @works.belt.job
    async def noop() -> None: ...

    made = lease(works)
    await made.open()
    await noop.submit_many({} for _ in range(3))
    known, *strays = await claim(works.store, "default", made.session, queues=None, limit=3)
    made.doubtful = True

    await made.reconcile({(known.id, known.fence), (strays[0].id, strays[0].fence - 1)})

    assert (await works.job(known.id)).state is JobState.RUNNING
    found = [await works.job(stray.id) for stray in strays]
    assert [(job.state, job.reason, job.attempts_used, job.crashes) for job in found] == [
        (JobState.QUEUED, Reason.CLAIM_LOST, 0, 0)
    ] * 2
    assert not made.doubtful


async def test_it_doubts_of_itself_once_a_lease(works: Works) -> None:
    made = lease(works)
    await made.open()
    doubts = []

    for _ in range(2 * BEATS_A_LEASE):
        made.beaten()
        doubts.append(made.doubtful)
        if made.doubtful:
            await made.reconcile(set())

    assert doubts == [False, False, True] * 2


async def test_a_closed_session_is_over(works: Works) -> None:
    made = lease(works)
    await made.open()

    await made.close()

    assert await works.sessions() == []
    [session] = await works.sessions(ended=True)
    assert session.closed_at is not None
