"""Jobs with children, and batch types, as a program has them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from beltline import Children, Context, Fail, Item, Split
from beltline.client.beltline import Beltline
from beltline.core.batch import Batch
from beltline.core.errors import JobFailed
from beltline.core.reasons import Reason
from beltline.core.retry import Retry
from beltline.core.states import JobState
from beltline.engine import batches
from beltline.testing.kit import Kit

NAMESPACE = "default"
ONCE = Retry(max_attempts=1)


class App:
    """A batch type that halves a range of numbers, and a job for each number."""

    def __init__(self, children: Children | None = None, most: int = 1_000) -> None:
        self.belt = Beltline("sqlite:///:memory:")
        self.done: list[int] = []
        self.ended: list[str] = []
        self.bad: set[int] = set()
        self.item = self.belt.job(self._item, name="item", retry=ONCE)
        self.told = self.belt.job(self._told, name="told", retry=ONCE)
        self.halves = self.belt.batch(
            item=self.item,
            most=most,
            on_finished=self.told,
            name="halves",
            children=children or Children(),
            retry=ONCE,
        )(halves)

    def _item(self, number: int) -> int:
        if number in self.bad:
            raise Fail(f"number {number} is bad")
        self.done.append(number)
        return number

    def _told(self, job_id: str) -> None:
        self.ended.append(job_id)


def halves(definition: list[int]) -> Iterator[Split | Item]:
    if len(definition) > 4:
        middle = len(definition) // 2
        yield Split(definition[:middle])
        yield Split(definition[middle:])
    else:
        for number in definition:
            yield Item(number=number)


async def test_a_batch_splits_itself_and_ends_when_all_is_done() -> None:
    app = App()

    async with Kit(app.belt) as kit:
        job = await app.halves.submit(list(range(20)))
        assert await kit.run(job) == 2
        await kit.drain()

        assert sorted(app.done) == list(range(20))
        assert app.ended == [job.id]
        tree = await batches.tree_of(kit.store, NAMESPACE, job.id)
        found = tree.progress
        assert (found.items, found.succeeded, found.failed) == (20, 20, 0)
        assert (found.low, found.fraction, found.high) == (1.0, 1.0, 1.0)
        assert (await job.job()).reason is Reason.RETURNED


async def test_a_batch_below_that_failed_or_was_cancelled_is_no_item() -> None:
    app = App()
    app.bad = {3}

    async with Kit(app.belt) as kit:
        job = await app.halves.submit(list(range(20)))
        await kit.drain()

        found = (await batches.tree_of(kit.store, NAMESPACE, job.id)).progress
        assert (found.items, found.succeeded, found.failed, found.cancelled) == (20, 19, 1, 0)


async def test_progress_is_never_whole_before_the_end_and_never_goes_back_far() -> None:
    app = App()
    seen: list[float] = []

    async with Kit(app.belt) as kit:
        job = await app.halves.submit(list(range(16)))
        while (await job.job()).state is not JobState.SUCCEEDED:
            await kit._parts[1].turn()
            await batches.look(kit.store, NAMESPACE)
            if await kit.store.batches.get(NAMESPACE, [job.id]):
                found = (await batches.tree_of(kit.store, NAMESPACE, job.id)).progress
                assert found.low <= found.fraction <= found.high
                seen.append(found.fraction)

    assert seen[-1] == 1.0
    assert all(fraction < 1 for fraction in seen[:-1])


async def test_a_waiting_parent_says_that_it_waits_for_children() -> None:
    app = App()

    async with Kit(app.belt) as kit:
        job = await app.halves.submit([1, 2])
        await kit._parts[1].turn()

        found = await job.job()
        assert (found.state, found.reason) == (JobState.WAITING, Reason.CHILDREN)
        child = (await kit.jobs(app.item))[0]
        assert (child.parent, child.root) == (job.id, job.id)


@pytest.mark.parametrize(
    ("children", "bad", "state", "reason"),
    [
        (Children(), {1}, JobState.FAILED, Reason.CHILDREN_FAILED),
        (Children(tolerate=1), {1}, JobState.SUCCEEDED, Reason.WITH_FAILURES),
        (Children(tolerate=1), {1, 2}, JobState.FAILED, Reason.CHILDREN_FAILED),
        (Children(tolerate=0.5), {1, 2}, JobState.SUCCEEDED, Reason.WITH_FAILURES),
        (Children(tolerate=0.5), {0, 1, 2}, JobState.FAILED, Reason.CHILDREN_FAILED),
    ],
)
async def test_a_policy_says_how_many_failures_are_tolerated(
    children: Children, bad: set[int], state: JobState, reason: Reason
) -> None:
    app = App(children)
    app.bad = bad

    async with Kit(app.belt) as kit:
        job = await app.halves.submit([0, 1, 2, 3])
        await kit.drain()

        found = await job.job()
        assert (found.state, found.reason) == (state, reason)
        assert set(app.done) == {0, 1, 2, 3} - bad
        if state is JobState.FAILED:
            with pytest.raises(JobFailed, match="children failed, more than this job tolerates"):
                await job.result()


async def test_a_batch_that_stops_cancels_what_is_left() -> None:
    app = App(Children(on_failure="stop"))
    app.bad = {0, 1, 2, 3}

    async with Kit(app.belt) as kit:
        job = await app.halves.submit([0, 1, 2, 3])
        await kit.drain()

        assert (await job.job()).state is JobState.FAILED
        states = sorted(each.state for each in await kit.jobs(app.item))
        assert states == [JobState.CANCELLED] * 3 + [JobState.FAILED]


async def test_cancelling_the_root_cancels_the_tree() -> None:
    app = App()

    async with Kit(app.belt) as kit:
        job = await app.halves.submit(list(range(32)))
        for _ in range(10):
            await kit._parts[1].turn()
        await batches.cancel(kit.store, NAMESPACE, job.id, actor="me")
        done = len(app.done)
        await kit.drain()

        assert len(app.done) == done
        assert (await job.job()).state is JobState.CANCELLED
        states = {each.state for each in await kit.jobs(app.item)}
        assert states <= {JobState.CANCELLED, JobState.SUCCEEDED}


async def test_a_tree_is_paused_and_resumed() -> None:
    app = App()

    async with Kit(app.belt) as kit:
        job = await app.halves.submit(list(range(32)))
        for _ in range(10):
            await kit._parts[1].turn()
        assert await batches.pause(kit.store, NAMESPACE, job.id, actor="me") > 1
        assert await kit.drain() == 0
        assert await batches.resume(kit.store, NAMESPACE, job.id, actor="me") > 1
        await kit.drain()

        assert sorted(app.done) == list(range(32))
        assert (await job.job()).state is JobState.SUCCEEDED


async def test_failed_jobs_of_a_tree_run_again() -> None:
    app = App()
    app.bad = {3, 17, 30}

    async with Kit(app.belt) as kit:
        job = await app.halves.submit(list(range(32)))
        await kit.drain()
        assert (await job.job()).state is JobState.FAILED
        tree = await batches.tree_of(kit.store, NAMESPACE, job.id)
        assert [(cause.jobs, cause.reason) for cause in tree.causes] == [(3, "failed_by_handler")]
        app.bad = set()

        assert await batches.retry_failed(kit.store, NAMESPACE, job.id, actor="me") > 3
        await kit.drain()

        assert sorted(app.done) == list(range(32))
        assert (await job.job()).state is JobState.SUCCEEDED
        tree = await batches.tree_of(kit.store, NAMESPACE, job.id)
        assert (tree.progress.succeeded, tree.progress.failed) == (32, 0)


async def test_a_batch_that_yields_for_ever_is_bounded() -> None:
    belt = Beltline("sqlite:///:memory:")

    def item(number: int) -> int:
        return number

    def endless(definition: int) -> Iterator[Item]:
        for number in count(definition):
            yield Item(number=number)

    def deeper(definition: int) -> Iterator[Split]:
        yield Split(definition + 1)

    items = belt.job(item, name="item")
    wide = belt.batch(item=items, most=2_500, name="wide")(endless)
    deep = belt.batch(item=items, name="deep")(deeper)

    async with Kit(belt) as kit:
        one, two = await wide.submit(0), await deep.submit(0)
        await kit.drain()

        with pytest.raises(JobFailed, match=r"yields more than 2,500 parts for one batch: does it end\?"):
            await one.result()
        assert (await two.job()).reason is Reason.CHILDREN_FAILED
        assert {each.state for each in await kit.jobs(items)} <= {JobState.CANCELLED, JobState.SUCCEEDED}


async def test_what_is_not_a_part_fails_the_batch() -> None:
    belt = Beltline("sqlite:///:memory:")

    def sevens(definition: int) -> list[int]:
        return [definition]

    wrong = belt.batch(item=App().item, name="wrong")(sevens)  # type: ignore[arg-type]

    async with Kit(belt) as kit:
        job = await wrong.submit(7)
        await kit.drain()

        with pytest.raises(JobFailed, match=r"yielded int; it must yield Split\(definition\) or Item"):
            await job.result()


async def test_a_body_submits_children_and_a_later_run_finds_them() -> None:
    belt = Beltline("sqlite:///:memory:")
    runs: list[int] = []

    def child(number: int) -> int:
        return number

    children = belt.job(child, name="child")

    async def parent(ctx: Context, numbers: list[int]) -> str:
        runs.append(ctx.run)
        for number in numbers:
            await ctx.submit(children, number=number)
        if ctx.run == 1:
            raise OSError("not yet")
        return "done"

    parents = belt.job(parent, name="parent", retry=Retry(max_attempts=3, base=1))

    async with Kit(belt) as kit:
        job = await parents.submit([1, 2, 2, 3])
        await kit.advance("1h")

        assert await job.result() == "done"
        assert runs == [1, 2]
        assert len(await kit.jobs(children)) == 4
        [batch] = await kit.store.batches.get(NAMESPACE, [job.id])
        assert isinstance(batch, Batch)
        assert (batch.total, batch.succeeded, batch.open) == (4, 4, 0)


async def test_children_are_stored_while_more_of_them_are_read() -> None:
    belt = Beltline("sqlite:///:memory:")

    def child(number: int) -> int:
        return number

    children = belt.job(child, name="child")

    def many() -> Iterator[dict[str, int]]:
        yield from ({"number": number} for number in range(2_500))
        raise OSError("the source broke off")

    async def parent(ctx: Context) -> None:
        await ctx.submit_many(children, many())

    parents = belt.job(parent, name="parent", retry=ONCE)

    async with Kit(belt) as kit:
        job = await parents.submit()
        await kit.drain()

        [batch] = await kit.store.batches.get(NAMESPACE, [job.id])
        assert batch.total == 2_000


@pytest.mark.proof
async def test_a_batch_survives_a_crash_anywhere() -> None:
    app = App()

    async with Kit(app.belt) as kit:
        await kit.crash_everywhere(lambda: app.halves.submit([1, 2, 3, 4, 5]))
