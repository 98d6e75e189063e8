"""The Hypothesis machine with jobs that wait for others, and jobs that have children."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from beltline.core.errors import BeltlineError
from beltline.core.job import Change, Job
from beltline.core.prerequisites import CONDITIONS, Edge, Otherwise, Unknown
from beltline.core.reasons import Reason
from beltline.core.states import FINAL, JobState
from beltline.store.batches import Family, ListChildren
from beltline.store.contract import Store
from beltline.store.edges import Waits
from beltline.store.params import InsertJobs
from tests.conformance.builders import change_to
from tests.conformance.linked_model import DECIDED, Counts, LinkedModel
from tests.conformance.machine import JOBS, StoreMachine
from tests.conformance.stores import Place

SECOND: Final = 1_000_000
# Ids that are waited for before they exist, if they ever do.
GHOSTS: Final = ("ghost-0", "ghost-1", "ghost-2")
EDGES: Final = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.integers(0, 10_000),
        st.sampled_from((*CONDITIONS, "succeeded", "failed,cancelled")),
        st.sampled_from((0, 0, 30 * SECOND)),
    ),
    min_size=1,
    max_size=3,
)


class LinkedMachine(StoreMachine):
    """After each step what ended is told to those that wait for it, so that both come to the same."""

    model: LinkedModel

    def __init__(self, runner: asyncio.Runner, place: Place, store: Store) -> None:
        super().__init__(runner, place, store)
        self.model = LinkedModel(self.world.namespace)

    # ---- dependencies ----

    @rule(
        spec=JOBS,
        edges=EDGES,
        otherwise=st.sampled_from(Otherwise),
        unknown=st.sampled_from((Unknown.WAIT, Unknown.WAIT, Unknown.SATISFIED, Unknown.REFUSE)),
        ghost=st.sampled_from((None, None, None, *GHOSTS)),
    )
    def insert_waiting(
        self,
        spec: dict[str, Any],
        edges: list[tuple[int, int, str, int]],
        otherwise: Otherwise,
        unknown: Unknown,
        ghost: str | None,
    ) -> None:
        """Store a job that waits for others: there, gone, to come, or waiting for it in turn."""
        fields = {name: spec[name] for name in ("queue", "definition", "priority", "payload", "max_attempts")}
        if ghost is not None and ghost not in self.model.rows:
            fields |= {"id": ghost, "chosen_id": True}
        job = self.world.new(state=JobState.WAITING, **fields)
        known = [*sorted(self.model.rows), *self.model.gone[-2:], *GHOSTS]
        found: dict[tuple[int, str], Edge] = {}
        for part, pick, when, delay in edges:
            other = known[pick % len(known)]
            found[part, other] = Edge(job.id, part, other, when, otherwise.value, delay)
        waits = Waits(edges=list(found.values()), unknown={job.id: unknown})
        params = InsertJobs(namespace=self.world.namespace, jobs=[job], now=self.now, waits=waits)
        try:
            self.model.insert_waiting(job, waits.edges, unknown, self.now)
        except BeltlineError as error:
            with pytest.raises(type(error)):
                self.run(self.world.store.jobs.insert(params))
            return
        self.run(self.world.store.jobs.insert(params))
        self.release()

    def write(self, changes: Sequence[Change]) -> None:
        """Write changes; a body that returned to find that it has children goes on to wait for them."""
        super().write(changes)
        waits = [
            change_to(row, JobState.WAITING, self.now, reason=Reason.CHILDREN, result=change.result)
            for change in changes
            if (row := self.model.rows.get(change.id)) is not None and self.has_children(change, row)
        ]
        if waits:
            super().write(waits)
        self.release()

    def has_children(self, change: Change, row: Job) -> bool:
        held = row.state is JobState.RUNNING and row.fence == change.fence and row.request is None
        returned = change.state is JobState.SUCCEEDED and change.from_state is JobState.RUNNING
        return held and returned and row.id in self.model.batches

    def release(self) -> None:
        edges, namespace = self.world.store.edges, self.world.namespace
        while self.run(edges.release(namespace, self.now, 100)):
            continue
        self.model.release(self.now)

    # ---- batches ----

    @precondition(lambda self: self.model.rows)
    @rule(pick=st.integers(0, 10_000), count=st.integers(1, 3))
    def insert_children(self, pick: int, count: int) -> None:
        """Store children of a job, rather of one that runs; of an ended one that is refused."""
        rows = self.running() * 3 + list(self.model.rows.values())
        parent = rows[pick % len(rows)].id
        jobs = [self.world.new() for _ in range(count)]
        family = Family(parent=parent)
        params = InsertJobs(namespace=self.world.namespace, jobs=jobs, now=self.now, family=family)
        try:
            expected = self.model.insert_children(parent, jobs, self.now)
        except BeltlineError as error:
            with pytest.raises(type(error)):
                self.run(self.world.store.jobs.insert(params))
            return
        assert self.run(self.world.store.jobs.insert(params)) == expected

    @precondition(lambda self: self.waiting_parents())
    @rule(pick=st.integers(0, 10_000), state=st.sampled_from((JobState.SUCCEEDED, JobState.FAILED)))
    def end_parent(self, pick: int, state: JobState) -> None:
        """End a job that waits for its children, with failures among them or without."""
        parents = self.waiting_parents()
        row = parents[pick % len(parents)]
        reason = Reason.CHILDREN_FAILED if state is JobState.FAILED else Reason.WITH_FAILURES
        self.write([change_to(row, state, self.now, reason=reason)])

    def waiting_parents(self) -> list[Job]:
        return [row for row in self.rows_in({JobState.WAITING}) if row.reason is Reason.CHILDREN]

    # ---- what must be true at all times ----

    @invariant()
    def jobs_are_as_the_model_says(self) -> None:
        """Compare all but the words in which a lost prerequisite is told."""
        ids = sorted(self.model.rows)
        found = self.run(self.world.store.reads.get(self.world.namespace, ids))
        for row in found:
            if row.reason in DECIDED:
                self.model.rows[row.id] = self.model.rows[row.id]._replace(error=row.error)
        for row, expected in zip(found, map(self.model.rows.__getitem__, ids), strict=True):
            assert row == expected, {
                name: (getattr(row, name), getattr(expected, name))
                for name in Job._fields
                if getattr(row, name) != getattr(expected, name)
            }

    def compare_sums(self) -> None:
        super().compare_sums()
        store, namespace = self.world.store, self.world.namespace
        for row in self.rows_in(set(JobState) - FINAL):
            page = self.run(store.edges.page(namespace, row.id))
            expected = [edge for place, edge in sorted(self.model.edges.items()) if place[0] == row.id]
            assert sorted(page) == expected
        while self.run(store.batches.fold(namespace, 100)):
            continue
        for batch in self.run(store.batches.get(namespace, sorted(self.model.batches))):
            if batch.job_id in self.model.rows:
                counts = self.model.batches[batch.job_id]
                assert Counts(*batch[5:10]) == counts
                params = ListChildren(namespace=namespace, parents=[batch.job_id], limit=1_000)
                live = self.run(store.batches.children(params))
                mine = [row for row in self.model.rows.values() if row.parent == batch.job_id]
                assert [row.id for row in live] == sorted(row.id for row in mine if row.state not in FINAL)
