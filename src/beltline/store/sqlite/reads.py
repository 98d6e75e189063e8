"""The verbs that read jobs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Any, Final

from beltline.core.job import Attempt, Job
from beltline.core.states import DEAD, FINAL, JobState
from beltline.store.pages import JobPage, ListJobs, Sort, place_of
from beltline.store.params import Finished, StateCount
from beltline.store.rows import fingerprint_mark, job_of, labels_text, listed_states, page_of
from beltline.store.sqlite.packing import packed
from beltline.store.sqlite.transaction import Gate, Transaction

MOST_COUNTED: Final = 10_000
MOST_UNSETTLED: Final = 1_000
_HELD: Final = frozenset({JobState.RUNNING})
_STATEMENT: Final = MappingProxyType(
    {Sort.ID: "page", Sort.CREATED: "page_created", Sort.FINISHED: "page_finished"}
)
_LATER: Final = frozenset(JobState) - FINAL - {JobState.QUEUED, JobState.RUNNING}


class SqliteReads:
    """The verbs that read jobs."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def get(self, namespace: str, job_ids: Sequence[str]) -> list[Job]:
        found = await self._gate.read(lambda transaction: jobs_by_id(transaction, namespace, job_ids))
        return [found[job_id] for job_id in job_ids if job_id in found]

    async def page(self, params: ListJobs) -> JobPage:
        parameters = _filter(params)
        statement = _STATEMENT[params.sort]

        def verb(transaction: Transaction) -> tuple[list[Any], int]:
            rows = transaction.run(statement, parameters).fetchall()
            return rows, transaction.value("page_total", parameters)

        rows, total = await self._gate.read(verb)
        return page_of(params, [job_of(row) for row in rows], total)

    async def counts(self, namespace: str) -> list[StateCount]:
        rows = await self._gate.read(
            lambda transaction: transaction.run("counts", {"namespace": namespace}).fetchall()
        )
        return [StateCount(queue, JobState(state), count) for queue, state, count in rows]

    async def known(self, namespace: str, job_ids: Sequence[str]) -> set[str]:
        parameters = {"namespace": namespace, "ids": packed(list(job_ids))}
        rows = await self._gate.read(lambda transaction: transaction.listed("insert_known_ids", parameters))
        return {job_id for job_id, _, _ in rows}

    async def finished(self, namespace: str, job_ids: Sequence[str]) -> list[Finished]:
        parameters = {"namespace": namespace, "ids": packed(list(job_ids))}
        return await self._gate.read(lambda transaction: _finished(transaction, parameters))

    async def attempts(self, namespace: str, job_id: str) -> list[Attempt]:
        parameters = {"namespace": namespace, "job_id": job_id}
        rows = await self._gate.read(lambda transaction: transaction.run("attempts", parameters).fetchall())
        return [Attempt._make(row) for row in rows]

    async def unsettled(self, namespace: str, queues: tuple[str, ...] | None, now: int) -> int:
        parameters = {
            "namespace": namespace,
            "queues": None if queues is None else packed(queues),
            "now": now,
            "most": MOST_UNSETTLED,
        }
        found: int = await self._gate.read(lambda transaction: transaction.value("unsettled", parameters))
        return found


def jobs_by_id(transaction: Transaction, namespace: str, job_ids: Iterable[str]) -> dict[str, Job]:
    """Return those of the jobs that exist, by id."""
    rows = transaction.run("get", {"namespace": namespace, "ids": packed(list(job_ids))}).fetchall()
    return {job.id: job for job in map(job_of, rows)}


def _filter(params: ListJobs) -> dict[str, Any]:
    where = params.where
    states = listed_states(params)
    place = None if params.sort is Sort.ID else place_of(params.before)
    live = states - FINAL
    held, later = bool(live) and live <= _HELD, bool(live) and live <= _LATER
    return {
        "namespace": params.namespace,
        "in_jobs": bool(live) and not (held or later),
        "in_held": held,
        "in_later": later,
        "in_dead": bool(states & DEAD),
        "in_history": bool(states & (FINAL - DEAD)),
        "states": packed(sorted(states)) if where.states else None,
        "definition": where.definition,
        "queue": where.queue,
        "labels": labels_text(where.labels),
        "owner": where.owner,
        "since": where.since,
        "until": where.until,
        "error": fingerprint_mark(where.fingerprint),
        "discarded": where.discarded,
        "before": params.before if place is None else place.id,
        "at": None if place is None else place.at,
        # One more than asked for tells whether there is a next page.
        "limit": params.limit + 1,
        "most": MOST_COUNTED,
    }


def _finished(transaction: Transaction, parameters: dict[str, Any]) -> list[Finished]:
    row = transaction.row("finished", parameters)
    facts, data = row or ("[]", b"")
    found: list[Finished] = []
    at = 0
    for job_id, state, reason, result_length, error_length in json.loads(facts):
        middle = at + (result_length or 0)
        end = middle + (error_length or 0)
        result = None if result_length is None else data[at:middle]
        error = None if error_length is None else data[middle:end]
        found.append(Finished(job_id, JobState(state), reason, result, error))
        at = end
    return found
