"""Dependencies, batches and workflows in the simulation: bodies, submitters and upkeep crash anywhere."""

from __future__ import annotations

import json
import traceback
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import Final

from beltline.core.clock import MICROS
from beltline.core.job import Job
from beltline.core.prerequisites import Edge
from beltline.core.reasons import Reason
from beltline.core.states import DEAD, FINAL, JobState
from beltline.definitions.workflow import workflow_of
from beltline.engine import graphs
from beltline.store.contract import Store
from beltline.testing.simulation import Crashes
from tests.simulation.chores import rescuer
from tests.simulation.linked_actors import (
    GRAPH,
    LinkedSubmitter,
    LinkedWorker,
    Orders,
    caretaker,
    linked_operator,
)
from tests.simulation.seeds import Played
from tests.simulation.witness import Violation
from tests.simulation.world import NAMESPACE, World

MAIN_HOPS: Final = 900
CALM_HOPS: Final = 12_000
LOST: Final = {"cancel": JobState.CANCELLED, "fail": JobState.FAILED}
NEEDS: Final = {
    "first": (),
    "left": ("first",),
    "asked": ("first",),
    "right": ("asked",),
    "last": ("left", "right"),
}


def play(
    seed: int, *, crashes: Crashes | None = None, wrap: Callable[[Store], Store] | None = None
) -> Played:
    """Run one seed: a while of trouble, then calm until all is at rest, then the verdict."""
    with World(seed, crashes=crashes, wrap=wrap) as world:
        simulation, orders = world.simulation, Orders()
        fault = None
        try:
            workflow = workflow_of(GRAPH)
            world.read(lambda store: graphs.apply(store, NAMESPACE, workflow, GRAPH))
            _populate(world, orders)
            simulation.run(lambda: False, most_hops=MAIN_HOPS)
            world.now_calm()
            simulation.run(lambda: _at_rest(world, orders), most_hops=CALM_HOPS)
            judge(world, orders)
        except Violation as violation:
            fault = str(violation)
        except Exception as error:  # noqa: BLE001 - whatever the code under test raises is this seed's finding
            fault = "".join(traceback.format_exception(error))
        return Played(simulation.trace, fault, len(world.witness.jobs), simulation.hops)


def _populate(world: World, orders: Orders) -> None:
    spawn = world.simulation.spawn
    spawn("clock", _clock(world), mortal=False)
    spawn("rescuer", rescuer(world))
    spawn("operator", linked_operator(world, orders))
    for name in ("caretaker-a", "caretaker-b"):
        spawn(name, caretaker(world))
    for name in ("worker-a", "worker-b"):
        spawn(name, LinkedWorker(world, name, orders).start)
    for name in ("submitter-a", "submitter-b"):
        spawn(name, LinkedSubmitter(world, name, orders).start)


def _clock(world: World) -> Callable[[int], list[Coroutine[None, None, None]]]:
    """Let time pass. Nobody sets the wall clock: what ended before what is seen by its times."""

    async def pass_time() -> None:
        while True:
            world.clock.advance(round(world.random.random() * MICROS) // 2)
            await world.simulation.pause()

    return lambda _: [pass_time()]


def _at_rest(world: World, orders: Orders) -> bool:
    if orders.submitting or any(job.state not in FINAL for job in world.witness.jobs.values()):
        return False
    return world.read(lambda store: store.batches.pending(NAMESPACE)) == (False, False)


def judge(world: World, orders: Orders) -> None:
    """Raise Violation, naming the first rule that does not hold."""
    jobs = {job.id: job for job in world.all_jobs()}
    _require(jobs == world.witness.jobs, "the store holds other jobs than were seen being written")
    missing = set(orders.ids) - jobs.keys()
    _require(not missing, f"{sorted(missing)} were submitted and are not there")
    for job in jobs.values():
        _require(job.state in FINAL, f"{job.id} is {job.state} ({job.reason}) at the end")
        left = world.read(lambda store, job=job: store.edges.page(NAMESPACE, job.id))  # type: ignore[misc]
        _require(not left, f"{job.id} has ended and waits for {left}")
        _judge_dependent(job, orders.edges.get(job.id, ()), jobs)
    for job_id in orders.ids:
        if job_id in orders.runs:
            _judge_run(jobs[job_id], jobs)
        else:
            _judge_parent(world, jobs[job_id], jobs)


def _judge_dependent(job: Job, edges: Sequence[Edge], jobs: dict[str, Job]) -> None:
    """A job ended as what it waited for says; a cancel by an operator comes before all else."""
    parts: dict[int, list[Edge]] = {}
    for edge in edges:
        parts.setdefault(edge.part, []).append(edge)
    lost = [
        mine
        for mine in parts.values()
        if not any(edge.is_met(jobs[edge.prerequisite].state) for edge in mine)
    ]
    was_lost = job.reason is Reason.PREREQUISITE_FAILED
    if _is_killed(job):
        return
    _require(was_lost == bool(lost), f"{job.id} ended {job.state} ({job.reason}), lost are {lost}")
    if lost:
        _require(job.state is LOST[lost[0][0].otherwise], f"{job.id} is {job.state}, lost are {lost}")
        _require(job.runs == 0, f"{job.id} ran, lost are {lost}")


def _judge_parent(world: World, parent: Job, jobs: dict[str, Job]) -> None:
    """Each child exists once, the parent ended after all of them, and as they did; the counts are right."""
    children = [job for job in jobs.values() if job.parent == parent.id]
    wanted = Counter(fate for chunk in json.loads(parent.payload).get("children", ()) for fate in chunk)
    found = Counter(json.loads(child.payload)["fate"] for child in children)
    _require(found <= wanted, f"{parent.id} has the children {found}, wanted are {wanted}")
    if parent.state is JobState.SUCCEEDED or parent.reason is Reason.CHILDREN_FAILED:
        _require(found == wanted, f"{parent.id} ended well with {found} of {wanted}")
        late = [child.id for child in children if (child.finished_at or 0) > (parent.finished_at or 0)]
        _require(not late, f"{parent.id} ended before {late}")
        failed = any(child.state in DEAD for child in children)
        _require(failed == (parent.state is JobState.FAILED), f"{parent.id} is {parent.state}: {failed=}")
    rows = world.read(lambda store: store.batches.get(NAMESPACE, [parent.id]))
    if children:
        [row] = rows
        ends = Counter(child.state for child in children)
        failures = ends[JobState.FAILED] + ends[JobState.TIMED_OUT]
        counts = (len(children), ends[JobState.SUCCEEDED], failures, ends[JobState.CANCELLED])
        _require(row[5:9] == counts, f"{parent.id} is counted {row[5:9]}, it is {counts}")


def _judge_run(run: Job, jobs: dict[str, Job]) -> None:
    """No step began before what it comes after, and the run ended as its steps did."""
    steps = {name: jobs[f"{run.id}.{name}"] for name in NEEDS if f"{run.id}.{name}" in jobs}
    strange = [job.id for job in jobs.values() if job.parent == run.id and job not in steps.values()]
    _require(not strange, f"{run.id} has the steps {strange}")
    for name, step in steps.items():
        for before in NEEDS[name]:
            other = steps.get(before)
            done = other is not None and other.state is JobState.SUCCEEDED
            in_time = other is not None and (other.finished_at or 0) <= step.created_at
            _require(done and in_time, f"{step.id} began, {before} is {other and other.state}")
    if _is_killed(run):
        return
    is_good = steps.keys() == NEEDS.keys() and all(
        step.state is JobState.SUCCEEDED for step in steps.values()
    )
    wanted = JobState.SUCCEEDED if is_good else JobState.FAILED
    shown = {name: step.state.value for name, step in steps.items()}
    _require(run.state is wanted, f"{run.id} is {run.state} ({run.reason}), its steps are {shown}")


def _is_killed(job: Job) -> bool:
    return job.state is JobState.CANCELLED and job.reason is not Reason.PREREQUISITE_FAILED


def _require(kept: bool, what: str) -> None:
    if not kept:
        raise Violation(what)
