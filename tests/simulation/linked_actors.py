"""Actors that link jobs: bodies that submit children, programs that submit graphs and runs, and upkeep."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Final

from beltline.core.errors import BeltlineError, StoreError
from beltline.core.failure import failure
from beltline.core.job import ClaimedJob, NewJob
from beltline.core.outcome import Ending, Outcome, released, succeeded
from beltline.core.prerequisites import Edge
from beltline.core.reasons import Reason
from beltline.core.states import FINAL, JobState
from beltline.definitions.children import Brood
from beltline.engine import control, runs, upkeep, workflows
from beltline.engine.submit import JobOptions, insert, new_job, new_jobs
from beltline.engine.template import Template
from beltline.store.batches import Family
from beltline.store.edges import Waits
from tests.simulation.witness import Violation
from tests.simulation.worker import Worker
from tests.simulation.world import NAMESPACE, World

DEFINITION: Final = "bill"
WORKFLOW: Final = "diamond"
# The last step waits for both branches; one of them for a signal as well.
GRAPH: Final = {
    "name": WORKFLOW,
    "steps": {
        "first": {"job": DEFINITION, "with": {"fate": {"$": "input.first"}}},
        "left": {"job": DEFINITION, "after": ["first"], "with": {"fate": {"$": "input.left"}}},
        "asked": {"wait": "go", "after": ["first"]},
        "right": {"job": DEFINITION, "after": ["asked"], "with": {"fate": "good"}},
        "last": {"job": DEFINITION, "after": ["left", "right"], "with": {"fate": "good"}},
    },
}
ORDERS: Final = 7
CHUNKS: Final = (3, 2)
_TEMPLATE: Final = Template(DEFINITION, "1", DEFINITION, max_attempts=3)
_WHENS: Final = ("succeeded", "succeeded", "finished", "failed", "failed,cancelled")
_OTHERWISE: Final = ("cancel", "cancel", "fail", "run")


@dataclass
class Orders:
    """What submitters ask for: the edges of each job, and the runs of workflows with their inputs."""

    edges: dict[str, list[Edge]] = field(default_factory=dict)
    runs: set[str] = field(default_factory=set)
    inputs: dict[str, dict[str, str]] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    submitting: int = 0


def is_met(world: World, edge: Edge) -> bool:
    """Whether a prerequisite has ended as an edge wants it, as the witness sees it."""
    job = world.witness.jobs.get(edge.prerequisite)
    return job is not None and job.state in FINAL and edge.is_met(job.state)


class LinkedWorker(Worker):
    """A worker whose bodies do what their payload says: they may submit children, and end well or not."""

    def __init__(self, world: World, name: str, orders: Orders) -> None:
        super().__init__(world, name)
        self._orders = orders

    async def _end_of(self, memory: object, job: ClaimedJob) -> Outcome:
        world, plan = self._world, json.loads(job.payload)
        edges = self._orders.edges.get(job.id, [])
        for part in {edge.part for edge in edges}:
            if not any(is_met(world, edge) for edge in edges if edge.part == part):
                raise Violation(f"{job.id} runs, though its part {part} is not met")
        if job.id in memory.cancelled:  # type: ignore[attr-defined]
            return Outcome(Ending.CANCELLED, reason=Reason.CANCEL_REQUESTED)
        if plan.get("children") and not await self._submit_children(job, plan["children"]):
            return Outcome(Ending.FAILED, error=failure("StoreError", "the store stays away"))
        if not world.calm and world.chance(0.1):
            return released(Reason.DRAINED)
        if plan["fate"] == "bad":
            return Outcome(Ending.FAILED, error=failure("Fail", "for good"), reason=Reason.FAILED_BY_HANDLER)
        return succeeded(json.dumps({"fence": job.fence}).encode())

    async def _submit_children(self, job: ClaimedJob, fates: list[list[str]]) -> bool:
        """Submit the children in chunks, as a body does; a later run finds those that are there."""
        world, brood = self._world, Brood(job.id, job.run, None)
        for chunk in fates:
            for _ in range(4):
                payloads = [json.dumps({"fate": fate, "of": job.id}).encode() for fate in chunk]
                options = JobOptions(parent=brood)
                now = world.store.now()
                jobs = new_jobs(_TEMPLATE, payloads, options, now=now, random=world.random)
                try:
                    family = Family(parent=job.id)
                    await insert(world.store, NAMESPACE, jobs, all_or_none=True, family=family)
                    break
                except StoreError:
                    brood.take_back([(each.definition, each.payload_hash) for each in jobs])
                except BeltlineError:
                    return False
            else:
                return False
        return True


class LinkedSubmitter:
    """Submits jobs that wait for others, of those there are and those to come, parents, and runs."""

    def __init__(self, world: World, name: str, orders: Orders) -> None:
        self._world = world
        self._name = name
        self._orders = orders
        self._left = ORDERS
        orders.submitting += 1
        orders.ids += [self._id(number) for number in range(ORDERS)]

    def start(self, _: int) -> list[Coroutine[None, None, None]]:
        return [self._submit_all()]

    def _id(self, number: int) -> str:
        return f"{self._name}-{number}"

    async def _submit_all(self) -> None:
        while self._left:
            # One counts down and waits for ids to come, the other counts up.
            job_id = self._id(self._left - 1 if self._name.endswith("a") else ORDERS - self._left)
            is_run = self._left % 4 == 0
            await (self._start_run(job_id) if is_run else self._submit(job_id))
            self._left -= 1
        self._orders.submitting -= 1

    async def _submit(self, job_id: str) -> None:
        """Submit a job until that is answered; what it waits for is drawn once."""
        world = self._world
        edges = self._orders.edges.setdefault(job_id, self._edges(job_id))
        kind = world.random.random()
        plan: dict[str, object] = {"fate": "good" if kind < 0.75 else "bad"}
        if world.chance(0.5):
            plan["children"] = [
                ["bad" if world.chance(0.05) else f"good{place}" for place in range(size)] for size in CHUNKS
            ]
        options = JobOptions(id=job_id)
        payload = json.dumps(plan).encode()
        job = new_job(_TEMPLATE, payload, options, now=world.store.now(), random=world.random)
        if edges:
            job = job._replace(
                state=JobState.WAITING, reason=Reason.PREREQUISITES, queued_at=None, order_key=None
            )
        await self._insist(job, edges)

    async def _insist(self, job: NewJob, edges: list[Edge]) -> None:
        while True:
            try:
                waits = Waits(edges=edges)
                await insert(self._world.store, NAMESPACE, [job], all_or_none=True, waits=waits)
                return
            except StoreError:
                continue

    def _edges(self, job_id: str) -> list[Edge]:
        """Draw what a job waits for: ids before its own, there or to come, so that there is no cycle."""
        world = self._world
        others = [each for each in self._orders.ids if (each[-1], each) < (job_id[-1], job_id)]
        if not others or world.chance(0.2):
            return []
        otherwise = _OTHERWISE[world.below(len(_OTHERWISE))]
        found: dict[tuple[int, str], Edge] = {}
        for part in range(1 + world.below(2)):
            for _ in range(1 + world.below(2)):
                other = others[world.below(len(others))]
                when = _WHENS[world.below(len(_WHENS))]
                found[part, other] = Edge(job_id, part, other, when, otherwise, 0)
        return list(found.values())

    async def _start_run(self, job_id: str) -> None:
        world = self._world
        given = {name: "bad" if world.chance(0.15) else "good" for name in ("first", "left")}
        # After a crash the same run is ordered again, with the input it had.
        given = self._orders.inputs.setdefault(job_id, given)
        self._orders.runs.add(job_id)
        while True:
            try:
                options = JobOptions(id=job_id)
                await workflows.start(
                    world.store, NAMESPACE, WORKFLOW, given, random=world.random, options=options
                )
                return
            except StoreError:
                continue


def caretaker(world: World) -> Callable[[int], list[Coroutine[None, None, None]]]:
    """Release, look at batches, stage, end the overdue."""

    async def keep() -> None:
        while True:
            try:
                await upkeep.release(world.store, NAMESPACE)
                await upkeep.stage(world.store, NAMESPACE)
            except StoreError as error:
                logging.getLogger(__name__).debug("releasing: %s", error)
            for _ in range(3):
                await world.simulation.pause()

    return lambda _: [keep()]


def linked_operator(world: World, orders: Orders) -> Callable[[int], list[Coroutine[None, None, None]]]:
    """Cancel a job now and then, and send the runs their signals; when all is calm, the latter only."""

    async def operate() -> None:
        while True:
            try:
                if not world.calm and world.chance(0.04):
                    await _cancel(world)
                elif world.chance(0.3):
                    await _signal(world, orders)
            except BeltlineError as refusal:
                world.simulation.note(f"refused: {refusal.code}")
            for _ in range(3):
                await world.simulation.pause()

    return lambda _: [operate()]


async def _cancel(world: World) -> None:
    live = [job.id for job in world.witness.jobs.values() if job.state not in FINAL]
    if live:
        await control.cancel(world.store, NAMESPACE, live[world.below(len(live))], actor="op")


async def _signal(world: World, orders: Orders) -> None:
    jobs = world.witness.jobs
    live = sorted(each for each in orders.runs if each in jobs and jobs[each].state not in FINAL)
    for run in live:
        sent = await world.store.workflows.signals(NAMESPACE, run)
        if not sent and (world.calm or world.chance(0.3)):
            await runs.signal(world.store, NAMESPACE, run, "go", {}, actor="op")
