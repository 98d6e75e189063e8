"""Workers take what fits: jobs that ask for resources, tags or a version."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from beltline.client.beltline import Beltline
from beltline.core.clock import MICROS
from beltline.core.job import Job
from beltline.core.needs import amounts_of
from beltline.core.offers import Offer
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.core.values import Offered
from beltline.engine import capacity
from beltline.engine.definitions import apply_definitions
from beltline.engine.submit import JobOptions
from beltline.runtime.picker import LOOK_US, SOON_US, Picker
from tests.clocks import FakeClock
from tests.runtime.works import Works
from tests.waiting import eventually_async

NOTHING: Final = Offered(is_detected=False)


def offering(**amounts: float | str) -> Offered:
    return Offered(is_detected=False, amounts=amounts_of(amounts))


class Crowd:
    """Jobs that run until they are let go, and the most that ran at once."""

    def __init__(self, works: Works, **options: Any) -> None:
        self.go = asyncio.Event()
        self.order: list[int] = []
        self.running = self.most = 0

        @works.belt.job(**options)
        async def crowded(number: int) -> None:
            self.order.append(number)
            self.running += 1
            self.most = max(self.most, self.running)
            await self.go.wait()
            self.running -= 1

        self.job = crowded

    async def ran(self, count: int) -> None:
        async def begun() -> bool:
            return len(self.order) >= count

        await eventually_async(begun, what=f"{count} begun")


async def blocked(works: Works, job_id: str) -> capacity.Blocked | None:
    found = await capacity.blocked(works.store, works.namespace, [await works.job(job_id)])
    return found.get(job_id)


async def test_jobs_run_beside_each_other_as_far_as_they_fit(works: Works) -> None:
    crowd = Crowd(works, resources={"cpu": 1, "memory": "512Mi"})
    async with works.working(resources=offering(cpu=2, memory="8Gi")):
        jobs = await crowd.job.submit_many({"number": number} for number in range(5))
        await crowd.ran(2)
        crowd.go.set()
        for job in jobs:
            await job.result(timeout=30)

    assert (crowd.most, sorted(crowd.order)) == (2, [0, 1, 2, 3, 4])


async def test_jobs_without_needs_run_beside_those_that_wait_for_room(works: Works) -> None:
    crowd = Crowd(works, resources={"cpu": 2})

    @works.belt.job
    async def plain() -> str:
        return "done"

    async with works.working(resources=offering(cpu=2)):
        jobs = await crowd.job.submit_many({"number": number} for number in range(3))
        await crowd.ran(1)
        assert await (await plain.submit()).result(timeout=30) == "done"
        crowd.go.set()
        for job in jobs:
            await job.result(timeout=30)

    assert crowd.most == 1


async def test_what_a_submit_asks_takes_the_place_of_what_the_definition_asks(works: Works) -> None:
    crowd = Crowd(works, resources={"cpu": 100}, tags=["mars"])
    crowd.go.set()
    async with works.working(resources=offering(cpu=1), tags=("eu",)):
        options = crowd.job.options(resources={"cpu": 1}, tags=["eu"])
        await (await options.submit(number=1)).result(timeout=30)
        await (await crowd.job.options(resources={}, tags=[]).submit(number=2)).result(timeout=30)


async def test_a_job_that_no_worker_can_hold_says_so_and_begins_when_one_comes(works: Works) -> None:
    crowd = Crowd(works, resources={"cpu": 8, "gpu": 1}, tags=["eu", "ssd"])
    crowd.go.set()
    job = await crowd.job.submit(number=1)
    nobody = await blocked(works, job.id)
    async with works.working(name="small", resources=offering(cpu=2)):
        async with works.working(name="medium", resources=offering(cpu=8), tags=("eu",)):
            await (await crowd.job.options(resources={}, tags=[]).submit(number=2)).result(timeout=30)
            found = await blocked(works, job.id)
            [shown] = await capacity.explained(works.store, works.namespace, [await works.job(job.id)])
        async with works.working(resources=offering(cpu=9, gpu=1), tags=("eu", "ssd", "x")):
            await job.result(timeout=30)

    asked = "cpu=8, gpu=1, tag eu, tag ssd"
    assert nobody == (Reason.NO_CAPACITY, asked, "cpu=0, gpu=0", None)
    assert found == (Reason.NO_CAPACITY, asked, "cpu=8, gpu=0, tag eu", "medium")
    assert (shown.state, shown.reason) == (JobState.QUEUED, Reason.NO_CAPACITY)
    assert crowd.order == [2, 1]


async def test_a_worker_that_offers_nothing_takes_only_what_asks_nothing(works: Works) -> None:
    crowd = Crowd(works)
    crowd.go.set()
    async with works.working(resources=NOTHING):
        asking = await crowd.job.options(resources={"cpu": 0.001}).submit(number=1)
        await (await crowd.job.submit(number=2)).result(timeout=30)

        assert (await works.job(asking.id)).state is JobState.QUEUED


async def test_a_worker_says_what_it_offers(works: Works) -> None:
    crowd = Crowd(works, name="crowded", version="v7")
    async with works.working(resources=offering(cpu=1.5, memory="1Gi"), tags=("eu",)):

        async def opened() -> bool:
            return bool(await works.sessions())

        await eventually_async(opened, what="a session")
        [session] = await works.sessions()

    assert session.offer == '{"resources":{"cpu":1.5,"memory":1073741824},"tags":["eu"]}'
    assert (session.definitions, session.versions) == (("crowded",), (crowd.job.definition.version,))


class TwoVersions:
    """Two versions of an app on one store: what `old` and `new` return is which of them ran."""

    def __init__(self, works: Works) -> None:
        self.old = Works(works.store, belt=self.app("1"))
        self.new = Works(works.store, belt=self.app("2"))

    @staticmethod
    def app(version: str) -> Beltline:
        belt = Beltline(namespace="default")

        @belt.job(version=version)
        async def told() -> str:
            return version

        return belt

    async def submit(self, works: Works, **options: Any) -> Job:
        """Submit as the app of these works does."""
        await apply_definitions(works.store, works.namespace, works.belt.registry)
        async with works.belt.on(works.store, works.namespace):
            reference = await works.belt.submit("told", {}, options=JobOptions(**options))
        return await works.job(reference.id)


async def test_a_pinned_job_runs_only_where_its_version_is(works: Works) -> None:
    apps = TwoVersions(works)
    pinned = [await apps.submit(app, pinned=True) for app in (apps.old, apps.new, apps.old, apps.new)]

    async with apps.old.working(name="old"), apps.new.working(name="new"):
        ended = [await works.in_state(job.id) for job in pinned]

    assert [job.result for job in ended] == [b'"1"', b'"2"', b'"1"', b'"2"']
    assert [job.version for job in ended] == ["1", "2", "1", "2"]
    assert {job.runs for job in ended} == {1}


async def test_a_job_that_follows_runs_anywhere_and_its_attempt_says_where(works: Works) -> None:
    apps = TwoVersions(works)
    job = await apps.submit(apps.old)

    async with apps.new.working():
        ended = await works.in_state(job.id)

    [attempt] = await works.store.reads.attempts(works.namespace, job.id)
    assert (ended.version, ended.result, attempt.version) == ("1", b'"2"', "2")


async def test_a_pinned_job_without_its_version_waits_and_says_so(works: Works) -> None:
    apps = TwoVersions(works)
    pinned = await apps.submit(apps.old, pinned=True)
    async with apps.new.working():
        following = await apps.submit(apps.new)
        await works.in_state(following.id)
        found = await blocked(works, pinned.id)
        waiting = await works.job(pinned.id)

    assert found == (Reason.NO_VERSION, "1", "2", None)
    assert (waiting.state, waiting.reason, waiting.runs) == (JobState.QUEUED, Reason.SUBMITTED, 0)
    async with apps.old.working():
        assert (await works.in_state(pinned.id)).result == b'"1"'


async def test_without_jobs_with_needs_looks_are_few(works: Works) -> None:
    clock = FakeClock()
    picker = Picker(works.store, "default", queues=None, offer=Offer(), runs={}, clock=clock)
    assert (picker.is_due, picker.is_missed) == (False, True)

    assert await picker.pick("nobody", 8) == []

    assert (picker.is_due, picker.is_missed, picker.freed()) == (False, False, False)
    assert picker.due_in(1.0, found=False) == 1.0
    picker.told()
    assert (picker.is_due, picker.is_missed) == (False, False)
    assert picker.due_in(1.0, found=False) == SOON_US / MICROS
    assert picker.due_in(1.0, found=True) == LOOK_US / MICROS
    clock.advance(SOON_US)
    assert (picker.is_due, picker.is_missed) == (False, True)
    clock.advance(LOOK_US - SOON_US)
    assert picker.is_due
