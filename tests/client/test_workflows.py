"""Workflows as a program writes and runs them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from beltline import Fail, Flow
from beltline.client.beltline import Beltline
from beltline.core.clock import MINUTE
from beltline.core.errors import InvalidInput, JobFailed, NotFound
from beltline.core.job import Job
from beltline.core.job_retry import RetryOption
from beltline.core.reasons import Reason
from beltline.core.retry import Retry
from beltline.core.states import JobState
from beltline.core.workflow import End
from beltline.definitions.workflow import InvalidWorkflow
from beltline.engine import batches, graphs, runs
from beltline.testing.kit import Kit

NAMESPACE = "default"
ONCE = Retry(max_attempts=1)


class App:
    """Jobs that note that they ran."""

    def __init__(self) -> None:
        self.belt = Beltline("sqlite:///:memory:")
        self.ran: list[str] = []
        self.bad: set[str] = set()
        self.count = self.belt.job(self._count, name="count", retry=ONCE)
        self.note = self.belt.job(self._note, name="note", retry=ONCE)
        self.double = self.belt.job(self._double, name="double", retry=ONCE)

    def _count(self, rows: int) -> dict[str, Any]:
        return {"rows": rows, "files": [f"f{number}" for number in range(rows)]}

    def _note(self, what: str, value: int | None = None) -> str:
        if what in self.bad:
            raise Fail(f"{what} is bad")
        self.ran.append(what)
        return f"{what}={value}"

    def _double(self, number: str) -> str:
        if number in self.bad:
            raise Fail(f"{number} is bad")
        return number * 2


async def states(kit: Kit, job_id: str) -> dict[str, End]:
    """Return how the steps of a run stand."""
    found = await runs.view(kit.store, NAMESPACE, job_id)
    return {name: stand.end for name, stand in found.stands.items()}


def branching(app: App) -> Flow:
    flow = Flow("branching")
    counted = flow.step("counted", app.count, rows=flow.input["rows"])
    big = flow.step("big", app.note, what="big", value=counted["rows"], when=counted["rows"] > 10)
    small = flow.step("small", app.note, what="small", when=~(counted["rows"] > 10))
    flow.step("joined", app.note, what="joined", after={big.name: "finished", small.name: "finished"})
    flow.output({"rows": counted["rows"], "first": counted["files"][0]})
    return flow


@pytest.mark.parametrize(("rows", "branch"), [(3, "small"), (30, "big")])
async def test_a_branch_is_taken_by_what_a_step_found(rows: int, branch: str) -> None:
    app = App()
    flow = app.belt.workflow(branching(app))

    async with Kit(app.belt) as kit:
        run = await flow.start(rows=rows)

        assert await kit.run(run) == {"rows": rows, "first": "f0"}
        assert app.ran == [branch, "joined"]
        ends = await states(kit, run.id)
        assert [name for name, end in ends.items() if end is End.SKIPPED] == [
            "big" if branch == "small" else "small"
        ]


async def test_a_list_known_only_in_the_run_is_fanned_out_and_gathered() -> None:
    app = App()
    flow = Flow("fan")
    counted = flow.step("counted", app.count, rows=flow.input["rows"])
    doubled = flow.step("doubled", app.double, number=flow.item, options={"each": counted["files"]})
    flow.output(doubled)
    fan = app.belt.workflow(flow)

    async with Kit(app.belt) as kit:
        run, none = await fan.start(rows=25), await fan.start(rows=0)

        assert await kit.run(run) == [f"f{number}f{number}" for number in range(25)]
        assert await kit.run(none) == []


async def test_a_step_has_its_own_retry_time_out_and_queue() -> None:
    app = App()
    app.bad = {"first"}
    flow = Flow("tuned")
    options = {"queue": "slow", "max_attempts": 2, "timeout": "90s", "priority": 3}
    flow.step("first", app.note, what="first", options=options)
    tuned = app.belt.workflow(flow)

    async with Kit(app.belt) as kit:
        run = await tuned.start()
        await kit.drain()

        [job] = await kit.jobs(app.note)
        assert (job.queue, job.max_attempts, job.priority) == ("slow", 2, 3)
        assert job.timeout_us == 90_000_000
        assert (await states(kit, run.id)) == {"first": End.FAILED}


@pytest.mark.parametrize(
    "retry",
    [
        Retry(max_attempts=3, backoff="fixed", base="7m"),
        {"max_attempts": 3, "backoff": "fixed", "base": "7m"},
    ],
)
async def test_a_step_is_tried_again_as_the_workflow_says(retry: RetryOption) -> None:
    belt = Beltline("sqlite:///:memory:")

    @belt.job(retry=ONCE)
    def breaks() -> None:
        raise OSError("still broken")

    flow = Flow("patient")
    flow.step("tried", breaks, options={"retry": retry})
    patient = belt.workflow(flow)

    async with Kit(belt) as kit:
        run = await patient.start()
        await kit.advance("1h")

        [job] = await kit.jobs(breaks)
        began = [run.started_at for run in await kit.store.reads.attempts(NAMESPACE, job.id)]
        assert [later - first for first, later in pairwise(began)] == [7 * MINUTE] * 2
        assert await states(kit, run.id) == {"tried": End.FAILED}


def test_a_retry_of_a_step_that_no_job_could_keep_is_refused() -> None:
    flow = Flow("faulty")

    with pytest.raises(InvalidInput, match="give functions and exception types to its definition"):
        flow.step("tried", "note", options={"retry": Retry(give_up_on=(OSError,))})


async def test_some_items_may_fail() -> None:
    app = App()
    app.bad = {"f1"}
    flow = Flow("fan")
    counted = flow.step("counted", app.count, rows=3)
    each = {"each": counted["files"], "tolerate": 1}
    flow.output(flow.step("doubled", app.double, number=flow.item, options=each))
    fan = app.belt.workflow(flow)

    async with Kit(app.belt) as kit:
        assert await kit.run(await fan.start()) == ["f0f0", None, "f2f2"]
        app.bad = {"f1", "f2"}
        with pytest.raises(JobFailed, match="steps failed: doubled"):
            await kit.run(await fan.start())


async def test_a_failure_takes_its_branch_or_fails_the_run() -> None:
    app = App()
    app.bad = {"risky"}
    flow = Flow("handled")
    risky = flow.step("risky", app.note, what="risky")
    flow.step("after", app.note, what="after", after=[risky])
    flow.step("rescue", app.note, what="rescue", after={risky.name: "failed"})
    handled = app.belt.workflow(flow)
    plain = Flow("plain")
    first = plain.step("risky", app.note, what="risky")
    plain.step("after", app.note, what="after", after=[first])
    fragile = app.belt.workflow(plain)

    async with Kit(app.belt) as kit:
        run = await handled.start()
        await kit.drain()
        assert (await run.job()).reason is Reason.WITH_FAILURES
        assert app.ran == ["rescue"]

        with pytest.raises(JobFailed, match="steps failed: risky"):
            await kit.run(await fragile.start())
        assert app.ran == ["rescue"]


async def test_what_succeeded_is_undone_the_last_first() -> None:
    app = App()
    app.bad = {"three"}
    flow = Flow("undone")
    before: Any = None
    for name in ("one", "two", "three"):
        options = {"undo": app.note, "undo_with": {"what": f"undo-{name}"}}
        before = flow.step(
            name, app.note, what=name, after=[] if before is None else [before], options=options
        )
    undone = app.belt.workflow(flow)

    async with Kit(app.belt) as kit:
        run = await undone.start()
        with pytest.raises(JobFailed, match="steps failed: three"):
            await kit.run(run)

        assert app.ran == ["one", "two", "undo-two", "undo-one"]
        with pytest.raises(InvalidInput, match="was undone"):
            await batches.retry_failed(kit.store, NAMESPACE, run.id, actor="me")


async def test_a_failed_run_goes_on_from_where_it_failed() -> None:
    app = App()
    app.bad = {"two"}
    flow = Flow("again")
    one = flow.step("one", app.note, what="one")
    two = flow.step("two", app.note, what="two", after=[one])
    flow.output(flow.step("three", app.note, what="three", value=3, after=[two]))
    again = app.belt.workflow(flow)

    async with Kit(app.belt) as kit:
        run = await again.start()
        await kit.drain()
        assert (await run.job()).state is JobState.FAILED
        app.bad = set()
        await batches.retry_failed(kit.store, NAMESPACE, run.id, actor="me")

        assert await kit.run(run) == "three=3"
        assert app.ran == ["one", "two", "three"]


def approving(app: App) -> Flow:
    flow = Flow("approving")
    said = flow.wait("approval", timeout="2d")
    flow.step("yes", app.note, what="yes", when=said["ok"] == True)  # noqa: E712 - a condition
    flow.step("late", app.note, what="late", after={"approval": "failed"})
    return flow


async def test_a_run_waits_for_a_signal_without_a_worker() -> None:
    app = App()
    approval = app.belt.workflow(approving(app))

    async with Kit(app.belt) as kit:
        run = await approval.start()
        assert await kit.drain() == 0
        [waiting] = [job for job in await kit.jobs("signal") if job.state is JobState.WAITING]
        assert waiting.reason is Reason.EVENT

        assert await approval.signal(run.id, "approval", {"ok": True})
        assert not await approval.signal(run.id, "approval", {"ok": False})
        await kit.drain()

        assert app.ran == ["yes"]
        assert (await run.job()).state is JobState.SUCCEEDED


async def test_a_signal_may_come_too_late_or_too_early() -> None:
    app = App()
    approval = app.belt.workflow(approving(app))

    async with Kit(app.belt) as kit:
        late, early = await approval.start(), await approval.start()
        await approval.signal(early.id, "approval", {"ok": True})
        await kit.drain()
        assert app.ran == ["yes"]
        await kit.advance("3d")
        await kit.drain()

        assert app.ran == ["yes", "late"]
        assert (await late.job()).state is JobState.SUCCEEDED
        with pytest.raises(
            InvalidInput, match="no step of workflow 'approving' waits for the signal 'other'"
        ):
            await approval.signal(late.id, "other")


async def test_a_workflow_runs_another() -> None:
    app = App()
    inner = app.belt.workflow(branching(app))
    flow = Flow("outer")
    ran = flow.sub("ran", inner, rows=flow.input["rows"])
    flow.output(ran["rows"])
    outer = app.belt.workflow(flow)

    async with Kit(app.belt) as kit:
        assert await kit.run(await outer.start(rows=5)) == 5
        assert app.ran == ["small", "joined"]


async def test_a_run_is_cancelled_and_paused_as_a_whole() -> None:
    app = App()
    flow = app.belt.workflow(branching(app))

    async with Kit(app.belt) as kit:
        paused, cancelled = await flow.start(rows=3), await flow.start(rows=3)
        await batches.look(kit.store, NAMESPACE)
        await batches.pause(kit.store, NAMESPACE, paused.id, actor="me")
        await batches.cancel(kit.store, NAMESPACE, cancelled.id, actor="me")
        await kit.drain()
        assert app.ran == []
        assert (await cancelled.job()).state is JobState.CANCELLED
        assert await open_jobs(kit, cancelled.id) == []

        await batches.resume(kit.store, NAMESPACE, paused.id, actor="me")
        assert await kit.run(paused) == {"rows": 3, "first": "f0"}


async def open_jobs(kit: Kit, root: str) -> list[Job]:
    return [job for job in await kit.jobs() if job.root == root and job.finished_at is None]


async def test_a_reference_that_leads_nowhere_fails_the_run_and_says_so() -> None:
    app = App()
    flow = Flow("lost")
    counted = flow.step("counted", app.count, rows=1)
    flow.step("noted", app.note, what=counted["files"][7])
    lost = app.belt.workflow(flow)

    async with Kit(app.belt) as kit:
        with pytest.raises(JobFailed, match=r"counted\.files\.7 leads nowhere"):
            await kit.run(await lost.start())


async def test_nothing_is_stored_where_a_part_is_missing() -> None:
    app = App()
    flow = Flow("missing")
    flow.step("one", "nobody", options={"undo": "nothing"})
    flow.sub("two", "nowhere")
    missing = app.belt.workflow(flow)

    async with Kit(app.belt) as kit:
        with pytest.raises(InvalidWorkflow) as caught:
            await missing.start()
        with pytest.raises(NotFound, match="there is no workflow 'unknown'"):
            await graphs.stored_workflow(kit.store, NAMESPACE, "unknown")
        assert await kit.jobs() == []

    assert all(f"'{name}'" in str(caught.value) for name in ("nobody", "nothing", "nowhere"))


async def test_a_step_that_gives_its_job_other_fields_is_refused_before_the_run() -> None:
    app = App()
    flow = Flow("mistyped")
    counted = flow.step("counted", app.count, rows=flow.input["rows"], queue="slow")
    flow.step("noted", app.note, value=counted["rows"])
    mistyped = app.belt.workflow(flow)

    async with Kit(app.belt) as kit:
        with pytest.raises(InvalidWorkflow) as caught:
            await mistyped.start(rows=3)
        assert await kit.jobs() == []

    assert "step 'counted': count takes no 'queue', but rows" in str(caught.value)
    assert "step 'noted': note needs 'what'" in str(caught.value)


def test_every_fault_of_a_graph_is_told_at_once() -> None:
    flow = Flow("bad")
    flow.step("one", "a", after=["two"])
    flow.step("two", "a", after=["one", "three"])
    flow.output({"$": "four.x"})

    with pytest.raises(InvalidWorkflow) as caught:
        flow.build()

    text = str(caught.value)
    assert "step 'two' needs 'three', which is no step" in text
    assert "output refers to 'four'" in text
    assert "one → two → one would wait" in text


def test_a_reference_has_no_truth_before_the_run() -> None:
    flow = Flow("early")

    with pytest.raises(InvalidInput, match="a reference has no value yet"):
        bool(flow.input["x"])
    with pytest.raises(InvalidInput, match="a condition is decided in the run"):
        bool(flow.input["x"] > 1)


async def test_a_run_goes_on_after_a_crash_anywhere() -> None:
    app = App()
    flow = app.belt.workflow(branching(app))

    async with Kit(app.belt) as kit:
        run = await flow.start(rows=1)
        jobs = 0
        while (await run.job()).state is not JobState.SUCCEEDED:
            # Looked at over and over, by several at once: nothing is begun twice.
            for _ in range(2):
                await kit.store.batches.reopen(NAMESPACE, [run.id])
                await batches.look(kit.store, NAMESPACE)
            jobs += await kit.drain()

        assert jobs == 3
