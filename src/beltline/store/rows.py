"""Rows to core objects and back, the same for both drivers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from beltline.core.job import Job
from beltline.core.reasons import Reason
from beltline.core.states import FINAL, JobState
from beltline.store.api_keys import ApiKey
from beltline.store.pages import JobPage, ListJobs, Place, Sort
from beltline.store.replays import ReplayRun, RunState
from beltline.store.subscriptions import NotedOutcome

JOB_COLUMNS: Final = Job._fields

ID_TAKEN: Final = "an id that was drawn for a job is taken; nothing of this call was stored: repeat it"


def labels_text(labels: Mapping[str, str] | None) -> str | None:
    """Return labels as the JSON text that the stores keep, names in order; None where there are none."""
    return (
        json.dumps(dict(labels), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if labels
        else None
    )


def labels_of(text: str | None) -> Mapping[str, str] | None:
    """Return the labels that `labels_text` wrote."""
    return cast("dict[str, str]", json.loads(text)) if text else None


def fingerprint_mark(fingerprint: str | None) -> bytes | None:
    """Return the piece by which an error's record with this fingerprint is known."""
    return None if fingerprint is None else f'"fingerprint":{json.dumps(fingerprint)}'.encode()


def job_of(row: Sequence[Any]) -> Job:
    """Return a job from a row that holds every column of JOB_COLUMNS in order.

    States and labels are as the stores keep them.
    """
    job = Job._make(row)
    return job._replace(
        state=JobState(job.state),
        reason=Reason(job.reason),
        labels=labels_of(cast("str | None", job.labels)),
        paused_from=JobState(job.paused_from) if job.paused_from else None,
    )


def replay_run_of(row: Sequence[Any]) -> ReplayRun:
    """Return a replay run from a row that holds its columns in order."""
    run = ReplayRun._make(row)
    return run._replace(
        state=RunState(run.state),
        labels=labels_of(cast("str | None", run.labels)),
        stop_on_same_error=bool(run.stop_on_same_error),
    )


def api_key_row(key: ApiKey) -> tuple[Any, ...]:
    """Return the columns of a new key, patterns as the JSON text that the stores keep."""
    row = key._replace(definitions=None)[:-2]
    place = ApiKey._fields.index("definitions")
    patterns = None if key.definitions is None else json.dumps(key.definitions)
    return (*row[:place], patterns, *row[place + 1 :])


def api_key_of(row: Sequence[Any]) -> ApiKey:
    """Return the key of a row that holds every column in order."""
    key = ApiKey._make(row)
    return key._replace(
        definitions=tuple(json.loads(cast("str", key.definitions))) if key.definitions else None
    )


def noted_outcome(row: Sequence[Any]) -> NotedOutcome:
    """Return the outcome of a row that holds every column in order."""
    outcome = NotedOutcome._make(row)
    labels = labels_of(cast("str | None", outcome.labels))
    return outcome._replace(state=JobState(outcome.state), labels=labels)


def listed_states(params: ListJobs) -> frozenset[JobState]:
    """Return the states that a list is of."""
    states = params.where.states or frozenset(JobState)
    return states & FINAL if params.sort is Sort.FINISHED else states


def page_of(params: ListJobs, jobs: Sequence[Job], total: int) -> JobPage:
    """Return the page of jobs that were read, one more than asked for where there is another page."""
    items = list(jobs[: params.limit])
    if len(jobs) <= params.limit:
        return JobPage(items, None, total)
    return JobPage(items, _cursor(items[-1], params.sort), total)


def _cursor(job: Job, sort: Sort) -> str:
    if sort is Sort.ID:
        return job.id
    return Place(job.created_at if sort is Sort.CREATED else job.finished_at or 0, job.id).text()
