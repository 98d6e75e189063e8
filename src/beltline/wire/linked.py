"""What ties jobs together, as REST and `--json` show it: prerequisites, children, batches, explanations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import TypedDict

from beltline.core.batch import Batch
from beltline.core.clock import MICROS
from beltline.core.job import Job
from beltline.core.prerequisites import Edge
from beltline.engine.batches import Tree
from beltline.engine.explain import Explanation
from beltline.wire.bodies import JobBody
from beltline.wire.shapes import job_shape
from beltline.wire.times import iso


class WaitingBody(TypedDict):
    """One thing that a job waits for: what it is, how it stands, and what must become of it."""

    what: str
    id: str
    stands: str
    until: str


class ExplanationBody(TypedDict):
    """Why a job stands as it does. `hints`: what could be done about it."""

    job: JobBody
    summary: str
    waits: list[WaitingBody]
    hints: list[str]


class EdgeBody(TypedDict):
    """A job at the other end of an edge. Edges of one `part` are alternatives.

    `state` is None where no job has this id (yet); it may come until `unknown_until`.
    """

    id: str
    part: int
    when: list[str]
    otherwise: str
    delay_s: float
    state: str | None
    reason: str | None
    unknown_until: str | None


class BatchBody(TypedDict):
    """A job with children, counted. `kind` is `batch`, or `workflow` for a run."""

    id: str
    parent: str | None
    root: str
    kind: str
    children: int
    open: int
    succeeded: int
    failed: int
    cancelled: int


class BatchRowBody(BatchBody):
    """A batch in a list; the last three are of its job, None where that was removed."""

    definition: str | None
    state: str | None
    reason: str | None


class ProgressBody(TypedDict):
    """How far a tree is, in items: an estimate (`fraction`) with its range while some may still split."""

    items: int
    succeeded: int
    failed: int
    cancelled: int
    splitting: int
    low: float
    fraction: float
    high: float


class CauseBody(TypedDict):
    """Jobs of a tree that failed alike, and one of them."""

    error: str
    reason: str
    jobs: int
    example: str


class TreeBody(TypedDict):
    """A batch with all that is below it; `causes`: why jobs of it failed, the most frequent first."""

    job: JobBody
    batch: BatchBody
    progress: ProgressBody
    causes: list[CauseBody]


class ActedBody(TypedDict):
    """What became of a tree: its job, and to how many jobs something was done at once."""

    job: JobBody
    jobs: int


def explanation_shape(found: Explanation, *, with_values: bool = True) -> ExplanationBody:
    """Return why a job stands as it does."""
    return {
        "job": job_shape(found.job, with_values=with_values),
        "summary": found.summary,
        "waits": [
            {"what": each.what, "id": each.id, "stands": each.stands, "until": each.until}
            for each in found.waits
        ],
        "hints": found.hints,
    }


def edge_shape(edge: Edge, job_id: str, jobs: Mapping[str, Job]) -> EdgeBody:
    """Return the end of an edge that is called `job_id`."""
    job = jobs.get(job_id)
    return {
        "id": job_id,
        "part": edge.part,
        "when": edge.condition.split(","),
        "otherwise": edge.otherwise,
        "delay_s": edge.delay_us / MICROS,
        "state": None if job is None else job.state.value,
        "reason": None if job is None else job.reason.value,
        "unknown_until": iso(edge.unknown_at),
    }


def batch_shape(batch: Batch) -> BatchBody:
    """Return a batch."""
    return {
        "id": batch.job_id,
        "parent": batch.parent,
        "root": batch.root,
        "kind": batch.kind,
        "children": batch.total,
        "open": batch.open,
        "succeeded": batch.succeeded,
        "failed": batch.failed,
        "cancelled": batch.cancelled,
    }


def batch_row_shape(batch: Batch, job: Job | None) -> BatchRowBody:
    """Return a batch for a list."""
    return {
        **batch_shape(batch),
        "definition": None if job is None else job.definition,
        "state": None if job is None else job.state.value,
        "reason": None if job is None else job.reason.value,
    }


def tree_shape(tree: Tree, *, with_values: bool = True) -> TreeBody:
    """Return a batch with all that is below it."""
    progress: Any = tree.progress._asdict()
    causes: Any = [cause._asdict() for cause in tree.causes]
    return {
        "job": job_shape(tree.job, with_values=with_values),
        "batch": batch_shape(tree.batch),
        "progress": progress,
        "causes": causes,
    }
