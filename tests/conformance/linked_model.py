"""What a store must do with jobs that wait for others and with jobs that have children, in plain Python."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from beltline.core.errors import ParentEnded
from beltline.core.job import Change, NewJob
from beltline.core.prerequisites import (
    Edge,
    Ended,
    Known,
    Standing,
    Unknown,
    release,
    require_acyclic,
    stored_edges,
)
from beltline.core.reasons import Reason
from beltline.core.states import DEAD, FINAL, JobState
from beltline.store.params import Inserted, Retention
from tests.conformance.model import Model

Place = tuple[str, int, str]
DECIDED: Final = frozenset({Reason.PREREQUISITE_FAILED, Reason.PREREQUISITE_UNKNOWN})


@dataclass(slots=True)
class Counts:
    """The children of a job: how many there are, and how they ended."""

    total: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    flawed: int = 0


@dataclass(slots=True)
class LinkedModel(Model):
    """A model that knows edges, by (dependent, part, prerequisite), and batches, by parent."""

    edges: dict[Place, Edge] = field(default_factory=dict)
    batches: dict[str, Counts] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)

    def insert_waiting(self, job: NewJob, edges: Sequence[Edge], unknown: Unknown, now: int) -> None:
        """Store a job that waits. Raises PrerequisiteUnknown or PrerequisiteCycle; nothing is stored then."""
        states = {job_id: row.state for job_id, row in self.rows.items()}
        stored = stored_edges(edges, {job.id: unknown}, Known(states | {job.id: job.state}, now))
        pairs = [(edge.dependent, edge.prerequisite) for edge in (*self.edges.values(), *stored)]
        require_acyclic(pairs, [job.id])
        self.insert([job], now, all_or_none=True)
        for place, edge in self.edges.items():
            if edge.prerequisite == job.id:
                self.edges[place] = edge._replace(unknown_at=None)
        self.edges |= {edge[:3]: edge for edge in stored}

    def insert_children(self, parent: str, jobs: Sequence[NewJob], now: int) -> list[Inserted]:
        """Store children. Raises ParentEnded where the parent has ended, or is not there."""
        above = self.rows.get(parent)
        if above is None or above.state in FINAL:
            raise ParentEnded(parent)
        root = above.root or parent
        answers = self.insert([job._replace(parent=parent, root=root) for job in jobs], now, all_or_none=True)
        self.batches.setdefault(parent, Counts()).total += len(jobs)
        return answers

    def matches(self, change: Change) -> bool:
        returns = change.from_state is JobState.RUNNING and change.state is JobState.SUCCEEDED
        return Model.matches(self, change) and not (returns and change.id in self.batches)

    def apply(self, changes: Sequence[Change], now: int) -> set[str]:
        missed = Model.apply(self, changes, now)
        for change in changes:
            if change.id not in missed and change.state in FINAL:
                self._count_child(change.id, 1)
        return missed

    def replay(self, job_ids: Iterable[str], now: int) -> set[str]:
        raised = [job_id for job_id in job_ids if self.rows[job_id].discarded_at is None]
        for job_id in raised:
            if self.rows[job_id].state in DEAD:
                self._count_child(job_id, -1)
        return Model.replay(self, job_ids, now)

    def prune(self, params: Retention) -> None:
        before = set(self.rows)
        Model.prune(self, params)
        self.gone += sorted(before - self.rows.keys())

    def release(self, now: int) -> None:
        """Tell dependents until nothing is left to tell."""
        while True:
            settled = [
                Ended(edge, row.state)
                for edge in self.edges.values()
                if (row := self.rows.get(edge.prerequisite)) is not None and row.state in FINAL
            ]
            self._tell(settled, now)
            overdue = [
                Ended(edge, None)
                for edge in self.edges.values()
                if edge.unknown_at is not None and edge.unknown_at <= now
            ]
            self._tell(overdue, now)
            if not settled and not overdue:
                return

    def _tell(self, ended: Sequence[Ended], now: int) -> None:
        for each in ended:
            dependent, part, _ = place = each.edge[:3]
            gone = (
                [other for other in self.edges if other[:2] == (dependent, part)] if each.is_met else [place]
            )
            for other in gone:
                self.edges.pop(other, None)
        mine: dict[str, list[Ended]] = {}
        for each in ended:
            mine.setdefault(each.edge.dependent, []).append(each)
        for dependent, those in mine.items():
            self._decide(dependent, those, now)

    def _decide(self, dependent: str, ended: Sequence[Ended], now: int) -> None:
        row = self.rows.get(dependent)
        left = {place[:2] for place in self.edges if place[0] == dependent}
        met = {each.edge.part for each in ended if each.is_met}
        lost = [
            each
            for each in ended
            if not each.is_met and each.edge.part not in met and each.edge[:2] not in left
        ]
        change = None
        if row is not None:
            change = release(Standing(row, ended, bool(left), next(iter(lost), None)), now)
        if change is not None:
            assert self.apply([change], now) == set()
        if row is None or row.state in FINAL or change is not None:
            self.edges = {place: edge for place, edge in self.edges.items() if place[0] != dependent}

    def _count_child(self, job_id: str, step: int) -> None:
        row = self.rows[job_id]
        counts = self.batches.get(row.parent or "")
        if counts is None or row.parent is None:
            return
        name = {JobState.SUCCEEDED: "succeeded", JobState.CANCELLED: "cancelled"}.get(row.state, "failed")
        flawed = counts.flawed + step * (row.reason is Reason.WITH_FAILURES)
        self.batches[row.parent] = replace(counts, flawed=flawed, **{name: getattr(counts, name) + step})
