"""What jobs remember from run to run, and the ledger of keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from beltline.core.errors import StoreUnavailable
from beltline.store.sqlite.callers import run_with
from beltline.store.sqlite.packing import packed
from beltline.store.sqlite.transaction import Gate, Transaction
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


class SqliteSteps:
    """The verbs of steps."""

    def __init__(self, gate: Gate, path: str | None) -> None:
        self._gate = gate
        self._path = path

    async def load(self, namespace: str, job_ids: Sequence[str]) -> list[Remembered]:
        parameters = {"namespace": namespace, "ids": packed(list(job_ids))}
        rows = await self._gate.read(lambda transaction: transaction.run("step_load", parameters).fetchall())
        return [Remembered(job_id, Memory(kind), *rest) for job_id, kind, *rest in rows]

    async def record(self, params: RecordSteps) -> list[StepOutcome]:
        return await self._gate.write(_record_verb(params)) if params.steps else []

    async def record_with(self, conn: object, params: RecordSteps) -> StepOutcome:
        verb = _record_verb(params, mine=StepOutcome.TAKEN)
        (outcome,) = await run_with(conn, self._path, verb)
        return outcome

    async def save(self, params: SavePositions) -> list[bool]:
        newest = {(each.job_id, each.name, each.fence): each for each in params.positions}
        if not newest:
            return []
        parameters = {
            "namespace": params.namespace,
            "now": params.now,
            "rows": _rows(list(newest.values())),
        }
        kept = set(
            await self._gate.write(
                lambda transaction: transaction.run("position_save", parameters).fetchall()
            )
        )
        return [(each.job_id, each.name, each.fence) in kept for each in params.positions]

    async def enter(self, params: EnterOnce) -> list[OnceOutcome]:
        if not params.entries:
            return []
        given = {"namespace": params.namespace, "rows": packed(params.entries)}

        def verb(transaction: Transaction) -> list[OnceOutcome]:
            first = set(transaction.run("ledger_enter", given | {"now": params.now}).fetchall())
            answers = [
                OnceOutcome.FIRST if entry[:3] in first else OnceOutcome.LOST for entry in params.entries
            ]
            if OnceOutcome.LOST in answers:
                _look_up(transaction, given, params, answers)
            return answers

        return await self._gate.write(verb)


def _look_up(
    transaction: Transaction, given: dict[str, str], params: EnterOnce, answers: list[OnceOutcome]
) -> None:
    for place, job_id, fence, asked, content in transaction.run("ledger_found", given).fetchall():
        if job_id is None:
            raise StoreUnavailable("a key of the ledger was removed meanwhile; repeat the call")
        if answers[place - 1] is OnceOutcome.LOST:
            answers[place - 1] = entered(params.entries[place - 1], (job_id, fence, asked, content))


def _record_verb(
    params: RecordSteps, *, mine: StepOutcome = StepOutcome.RECORDED
) -> Callable[[Transaction], list[StepOutcome]]:
    """Return the verb that records steps. `mine`: what a record of the same run is, that is there already."""
    given = {"namespace": params.namespace, "rows": _rows(params.steps)}

    def verb(transaction: Transaction) -> list[StepOutcome]:
        new = set(transaction.run("step_record", given | {"now": params.now}).fetchall())
        fences: dict[tuple[str, str], int] = {}
        if len(new) < len(params.steps):
            found = transaction.run("step_found", given).fetchall()
            fences = {(job_id, name): fence for job_id, name, fence in found}
        return [_outcome(step, new=new, fences=fences, mine=mine) for step in params.steps]

    return verb


def _outcome(
    step: NewStep,
    *,
    new: set[tuple[str, str]],
    fences: dict[tuple[str, str], int],
    mine: StepOutcome,
) -> StepOutcome:
    if (step.job_id, step.name) in new:
        return StepOutcome.RECORDED
    fence = fences.get((step.job_id, step.name))
    return mine if fence == step.fence else found_outcome(step, fence)


def _rows(items: Sequence[NewStep | NewPosition]) -> str:
    """JSON texts are kept as texts inside the one argument: they are UTF-8 and hold no NUL."""
    return packed([(*item[:3], item[3].decode()) for item in items])
