"""Stores and rescuers with one fault each, to prove that the simulation finds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final, cast

from beltline.core.job import Change, ClaimedJob
from beltline.store.contract import JobStore, SessionStore, Store
from beltline.store.params import (
    ApplyChanges,
    ClaimJobs,
    Inserted,
    InsertJobs,
    Miss,
    Session,
)
from beltline.store.steps import RecordSteps, Remembered, StepOutcome, StepStore


class Instead:
    """An object with some attributes replaced."""

    def __init__(self, real: object, **replaced: object) -> None:
        self._real = real
        self.__dict__.update(replaced)

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


def _with_jobs(store: Store, **verbs: object) -> Store:
    return cast("Store", Instead(store, jobs=cast("JobStore", Instead(store.jobs, **verbs))))


def ignores_the_fence(store: Store) -> Store:
    """Writes whatever a worker says of a job that runs, whoever holds it now."""

    async def apply(params: ApplyChanges) -> list[Miss]:
        current = {job.id: job for job in await store.reads.get(params.namespace, _ids(params.changes))}
        changes = [
            change._replace(fence=current[change.id].fence) if change.id in current else change
            for change in params.changes
        ]
        return await store.jobs.apply(replace(params, changes=changes))

    return _with_jobs(store, apply=apply)


def forgets_requests(store: Store) -> Store:
    """Writes a retry over a cancel that was noted while the job ran."""

    async def apply(params: ApplyChanges) -> list[Miss]:
        current = {job.id: job for job in await store.reads.get(params.namespace, _ids(params.changes))}
        changes = [
            change._replace(request=current[change.id].request) if change.id in current else change
            for change in params.changes
        ]
        return await store.jobs.apply(replace(params, changes=changes))

    return _with_jobs(store, apply=apply)


def forgets_keys(store: Store) -> Store:
    """Stores jobs without their idempotency keys."""

    async def insert(params: InsertJobs) -> list[Inserted]:
        jobs = [job._replace(idempotency_key=None) for job in params.jobs]
        return await store.jobs.insert(replace(params, jobs=jobs))

    return _with_jobs(store, insert=insert)


def counts_no_beats(store: Store) -> Store:
    """Shows every session as if it had never beaten, and takes any that is called lost for lost."""

    async def page(namespace: str, *, ended: bool = False, limit: int = 1_000) -> list[Session]:
        found = await store.sessions.page(namespace, ended=ended, limit=limit)
        return [each._replace(beats=0) for each in found]

    async def lose(namespace: str, session: str, beats: int, now: int) -> bool:
        found = {each.id: each.beats for each in await store.sessions.page(namespace)}
        return await store.sessions.lose(namespace, session, found.get(session, beats), now)

    sessions = cast("SessionStore", Instead(store.sessions, page=page, lose=lose))
    return cast("Store", Instead(store, sessions=sessions))


def hides_lost_sessions(store: Store) -> Store:
    """Shows no session that has ended: what a lost or closed worker held is never found again."""

    async def page(namespace: str, *, ended: bool = False, limit: int = 1_000) -> list[Session]:
        found = await store.sessions.page(namespace, ended=ended, limit=limit)
        return [each for each in found if each.closed_at is None and each.lost_at is None]

    sessions = cast("SessionStore", Instead(store.sessions, page=page))
    return cast("Store", Instead(store, sessions=sessions))


def claims_twice(store: Store) -> Store:
    """Hands out, now and then, jobs that the session holds already."""

    async def claim(params: ClaimJobs) -> list[ClaimedJob]:
        held = await store.jobs.held(params.namespace, params.session)
        return await store.jobs.claim(params) or held[: params.limit]

    return _with_jobs(store, claim=claim)


def forgets_steps(store: Store) -> Store:
    """Shows no run what the runs before it did."""

    async def load(namespace: str, job_ids: Sequence[str]) -> list[Remembered]:
        await store.steps.load(namespace, job_ids)
        return []

    return cast("Store", Instead(store, steps=cast("StepStore", Instead(store.steps, load=load))))


def records_for_anyone(store: Store) -> Store:
    """Keeps the steps of runs that lost their jobs."""

    async def record(params: RecordSteps) -> list[StepOutcome]:
        current = {
            job.id: job.fence
            for job in await store.reads.get(params.namespace, [step.job_id for step in params.steps])
        }
        steps = [step._replace(fence=current.get(step.job_id, step.fence)) for step in params.steps]
        return await store.steps.record(replace(params, steps=steps))

    return cast("Store", Instead(store, steps=cast("StepStore", Instead(store.steps, record=record))))


BROKEN: Final = MappingProxyType(
    {
        broken.__name__: broken
        for broken in (
            ignores_the_fence,
            forgets_requests,
            forgets_keys,
            counts_no_beats,
            hides_lost_sessions,
            claims_twice,
            forgets_steps,
            records_for_anyone,
        )
    }
)


def _ids(changes: Sequence[Change]) -> list[str]:
    return [change.id for change in changes]
