"""Jobs with steps: a body that does them in order, and the one who watches what is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final

from beltline.core.errors import StoreError
from beltline.core.job import ClaimedJob, Job
from beltline.core.states import JobState
from beltline.store.steps import Memory, NewStep, RecordSteps, Remembered, StepOutcome

# Jobs of this definition do these steps before they can succeed.
DEFINITION: Final = "ship"
STEPS: Final = ("pack", "label", "hand over")
# A record whose reply is lost is asked again, as the recorder does; then the run fails.
TRIES: Final = 4


class Walk(Enum):
    """How the steps of a run went."""

    DONE = "done"
    TAKEN = "taken"
    FAILED = "failed"


class StepWitness:
    """Knows every step that is recorded, and holds it against the rules."""

    def __init__(self) -> None:
        self.recorded: dict[tuple[str, str], tuple[int, bytes]] = {}
        self.faults: list[str] = []

    def begun(self, job: ClaimedJob, name: str, holder: Job | None) -> None:
        """Hear that a step's body is called: never by who holds the job, once it is recorded."""
        if _holds(holder, job.fence) and (job.id, name) in self.recorded:
            self.faults.append(f"{job.id}/{job.fence} does {name!r} again, which is recorded")

    def answered(self, params: RecordSteps, outcomes: Sequence[StepOutcome], jobs: Mapping[str, Job]) -> None:
        """Hear what became of records."""
        for step, outcome in zip(params.steps, outcomes, strict=True):
            known = self.recorded.get((step.job_id, step.name))
            if outcome is not self._rightly(step, known, jobs.get(step.job_id)):
                self.faults.append(f"{step} was {outcome}; before it there was {known}")
            if outcome is StepOutcome.RECORDED and known is None:
                self.recorded[step.job_id, step.name] = (step.fence, step.result)

    def ended(self, job: Job) -> None:
        """Hear that a job succeeded: all of its steps are done."""
        missing = [name for name in STEPS if (job.id, name) not in self.recorded]
        if job.definition == DEFINITION and missing:
            self.faults.append(f"{job.id} succeeded without {missing}")

    def forgotten(self, job_id: str) -> None:
        """Hear that a job is gone or discarded, and its steps with it."""
        for key in [key for key in self.recorded if key[0] == job_id]:
            del self.recorded[key]

    def compare(self, found: Sequence[Remembered]) -> None:
        """Hold what the store has against what was seen being recorded."""
        stored = {(row.job_id, row.name): (row.fence, row.value) for row in found if row.kind is Memory.STEP}
        if stored != self.recorded:
            self.faults.append(f"the store has the steps {stored}, seen were {self.recorded}")

    def _rightly(self, step: NewStep, known: tuple[int, bytes] | None, job: Job | None) -> StepOutcome:
        if known is not None and known[0] == step.fence:
            return StepOutcome.RECORDED
        if known is not None and known[0] < step.fence:
            return StepOutcome.TAKEN
        if known is None and _holds(job, step.fence):
            return StepOutcome.RECORDED
        return StepOutcome.LOST


async def walk(world: Any, namespace: str, job: ClaimedJob) -> Walk:  # noqa: ANN401 - a World, which knows this file
    """Do the steps of a run that no run before it has recorded."""
    known: set[str] = set()
    if job.run > 1:
        rows = await _insist(lambda: world.store.steps.load(namespace, [job.id]))
        if rows is None:
            return Walk.FAILED
        known = {row.name for row in rows}
    for name in STEPS:
        if name in known:
            continue
        world.witness.steps.begun(job, name, world.witness.jobs.get(job.id))
        await world.simulation.pause()
        step = NewStep(job.id, job.fence, name, b"%d" % job.fence)
        params = RecordSteps(namespace=namespace, steps=[step], now=world.store.now())
        answer = await _insist(lambda params=params: world.store.steps.record(params))
        if answer != [StepOutcome.RECORDED]:
            return Walk.TAKEN if answer == [StepOutcome.TAKEN] else Walk.FAILED
    return Walk.DONE


async def _insist(call: Any) -> Any:  # noqa: ANN401 - any verb
    for _ in range(TRIES):
        try:
            return await call()
        except StoreError:
            continue
    return None


def _holds(job: Job | None, fence: int) -> bool:
    return job is not None and job.state is JobState.RUNNING and job.fence == fence
