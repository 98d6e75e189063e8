"""What jobs remember from run to run, and the ledger of keys."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from operator import itemgetter
from typing import Final

from beltline.core.errors import StoreUnavailable
from beltline.store.postgres.callers import run_with
from beltline.store.postgres.connection import Pool
from beltline.store.steps import (
    EnterOnce,
    Memory,
    NewPosition,
    NewStep,
    OnceOutcome,
    RecordSteps,
    Remembered,
    SavePositions,
    StepOutcome,
    entered,
    found_outcome,
)

_JOB: Final = itemgetter(0)


class PostgresSteps:
    """The verbs of steps. Batches are ordered by job, as all verbs lock jobs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def load(self, namespace: str, job_ids: Sequence[str]) -> list[Remembered]:
        rows = await self._pool.rows("step_load", namespace, list(job_ids))
        return [Remembered(job_id, Memory(kind), *rest) for job_id, kind, *rest in rows]

    async def record(self, params: RecordSteps) -> list[StepOutcome]:
        if not params.steps:
            return []
        columns = _columns(sorted(params.steps, key=_JOB))
        rows = await self._pool.rows("step_record", params.namespace, params.now, *columns)
        new = {(job_id, name) for job_id, name in rows}
        rest = [step for step in params.steps if (step.job_id, step.name) not in new]
        fences = await self._fences(params.namespace, rest) if rest else {}
        return [
            StepOutcome.RECORDED
            if (step.job_id, step.name) in new
            else found_outcome(step, fences.get((step.job_id, step.name)))
            for step in params.steps
        ]

    async def record_with(self, conn: object, params: RecordSteps) -> StepOutcome:
        (step,) = params.steps
        argument = step._asdict() | {
            "namespace": params.namespace,
            "now": params.now,
            "result": b64encode(step.result).decode(),
        }
        statement = self._pool.text("step_record_with")
        text = json.dumps(argument, ensure_ascii=False)
        return StepOutcome(await run_with(conn, self._pool.address, statement, text))

    async def save(self, params: SavePositions) -> list[bool]:
        newest = {(each.job_id, each.name, each.fence): each for each in params.positions}
        if not newest:
            return []
        columns = _columns(sorted(newest.values(), key=_JOB))
        rows = await self._pool.rows("position_save", params.namespace, params.now, *columns)
        kept = {(job_id, name, fence) for job_id, name, fence in rows}
        return [(each.job_id, each.name, each.fence) in kept for each in params.positions]

    async def enter(self, params: EnterOnce) -> list[OnceOutcome]:
        entries = params.entries
        if not entries:
            return []
        columns = _columns(sorted(entries, key=_JOB))
        rows = await self._pool.rows("ledger_enter", params.namespace, params.now, *columns)
        first = {tuple(row) for row in rows}
        answers = [OnceOutcome.FIRST if entry[:3] in first else OnceOutcome.LOST for entry in entries]
        rest = [place for place, answer in enumerate(answers) if answer is OnceOutcome.LOST]
        if rest:
            job_ids, fences, _, definitions, keys, _ = _columns([entries[place] for place in rest])
            found = await self._pool.rows(
                "ledger_found", params.namespace, job_ids, fences, definitions, keys
            )
            for number, *entry in found:
                if entry[0] is None:
                    raise StoreUnavailable("a key of the ledger was removed meanwhile; repeat the call")
                place = rest[number - 1]
                answers[place] = entered(entries[place], (entry[0], entry[1], entry[2], entry[3]))
        return answers

    async def _fences(self, namespace: str, steps: Sequence[NewStep]) -> dict[tuple[str, str], int]:
        job_ids, names = [step.job_id for step in steps], [step.name for step in steps]
        rows = await self._pool.rows("step_found", namespace, job_ids, names)
        return {(job_id, name): fence for job_id, name, fence in rows}


def _columns(rows: Sequence[tuple[object, ...] | NewStep | NewPosition]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
