"""What remote workers need beside claims and settlements: what they hold, what jobs remember, stacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from starlette.responses import Response
from typing_extensions import TypedDict

from beltline.api.answering import answer, nothing
from beltline.api.claiming import held_jobs
from beltline.api.operation import Answered, Call, Operation, Query
from beltline.core.codec import dump_json, parse_json
from beltline.core.errors import PayloadTooLarge
from beltline.core.job import ClaimedJob
from beltline.core.roles import Right
from beltline.engine.objects import kept_step, payload_limit, whole_steps
from beltline.store.contract import Store
from beltline.store.steps import (
    EnterOnce as StoreEntries,
    NewEntry,
    NewPosition,
    NewStep,
    OnceOutcome,
    RecordSteps as StoreSteps,
    SavePositions as StorePositions,
    StepOutcome,
)
from beltline.wire.memory import (
    AskedStack,
    EnterOnce,
    KeptBody,
    LoadMemory,
    OutcomesBody,
    RecordSteps,
    RememberedBody,
    SavePositions,
    TellStacks,
)
from beltline.wire.shapes import claimed_shape
from beltline.wire.times import iso
from beltline.wire.work import ClaimedBody


class HeldList(TypedDict):
    """The jobs that a worker holds, without their payloads."""

    items: list[ClaimedBody]
    next: None
    total: int


class MemoryList(TypedDict):
    """What jobs remember, oldest first."""

    items: list[RememberedBody]
    next: None
    total: int


class StackList(TypedDict):
    """The runs whose stacks are asked for."""

    items: list[AskedStack]
    next: None
    total: int


async def list_held_jobs(call: Call[Query, None]) -> Response:
    """List what a worker holds: after an answer that was lost, it gives back what it does not know."""
    items = [claimed_shape(job, None) for job in (await held_jobs(call)).values()]
    return answer({"items": items, "next": None, "total": len(items)})


async def load_memory(call: Call[Query, LoadMemory]) -> Response:
    """Tell what jobs remember that this worker holds."""
    held, store = await held_jobs(call), call.desk.store
    ids = [job_id for job_id in dict.fromkeys(call.body.ids) if job_id in held]
    rows = await whole_steps(store, await store.steps.load(call.namespace, ids)) if ids else []
    items: list[RememberedBody] = [
        {
            "id": row.job_id,
            "kind": row.kind.value,
            "name": row.name,
            "fence": row.fence,
            "at": iso(row.at),
            "value": _value(row.value),
        }
        for row in rows
    ]
    return answer({"items": items, "next": None, "total": len(items)})


async def record_steps(call: Call[Query, RecordSteps]) -> Response:
    """Keep done steps; of two with one name in a request the first counts."""
    held, store = await held_jobs(call), call.desk.store
    steps: dict[tuple[str, str], NewStep] = {}
    for item in call.body.items:
        step = NewStep(item.id, item.fence, item.name, _bytes(store, item.result, f"step {item.name!r}"))
        if _is_ours(held, item.id, item.fence) and (item.id, item.name) not in steps:
            steps[item.id, item.name] = await kept_step(store, call.namespace, step)
    params = StoreSteps(namespace=call.namespace, steps=list(steps.values()), now=store.now())
    found = dict(zip(steps, await store.steps.record(params), strict=True)) if steps else {}
    return _outcomes([found.get((item.id, item.name), StepOutcome.LOST).value for item in call.body.items])


async def save_positions(call: Call[Query, SavePositions]) -> Response:
    """Keep how far running jobs have come, each in place of what was kept before."""
    held, store = await held_jobs(call), call.desk.store
    ours = [_is_ours(held, item.id, item.fence) for item in call.body.items]
    positions = [
        NewPosition(item.id, item.fence, item.name, _bytes(store, item.position, f"position {item.name!r}"))
        for item, is_ours in zip(call.body.items, ours, strict=True)
        if is_ours
    ]
    params = StorePositions(namespace=call.namespace, positions=positions, now=store.now())
    kept = iter(await store.steps.save(params) if positions else [])
    shape: KeptBody = {"items": [is_ours and next(kept) for is_ours in ours]}
    return answer(shape)


async def enter_once(call: Call[Query, EnterOnce]) -> Response:
    """Say of each key whether this is its first use among the jobs of the definition."""
    held, store = await held_jobs(call), call.desk.store
    ours = [_is_ours(held, item.id, item.fence) for item in call.body.items]
    entries = [
        NewEntry(item.id, item.fence, item.asked, held[item.id].definition, item.key, item.content)
        for item, is_ours in zip(call.body.items, ours, strict=True)
        if is_ours
    ]
    params = StoreEntries(namespace=call.namespace, entries=entries, now=store.now())
    found = iter(await store.steps.enter(params) if entries else [])
    return _outcomes([(next(found) if is_ours else OnceOutcome.LOST).value for is_ours in ours])


async def list_asked_stacks(call: Call[Query, None]) -> Response:
    """List the runs of a worker whose stacks are asked for."""
    asked = await call.desk.store.stacks.asked(call.namespace, call.parts["worker_id"])
    items: list[AskedStack] = [{"id": job_id, "fence": fence} for job_id, fence in asked]
    return answer({"items": items, "next": None, "total": len(items)})


async def tell_stacks(call: Call[Query, TellStacks]) -> Response:
    """Keep the stacks that were asked for; those of jobs that are not this worker's are dropped."""
    held = await held_jobs(call)
    for item in call.body.items:
        if _is_ours(held, item.id, item.fence):
            await call.desk.store.stacks.tell(call.namespace, item.id, item.fence, item.stack)
    return nothing()


def _is_ours(held: dict[str, ClaimedJob], job_id: str, fence: int) -> bool:
    return job_id in held and held[job_id].fence == fence


def _bytes(store: Store, value: object, what: str) -> bytes:
    data, limit = dump_json(value), payload_limit(store)
    if len(data) > limit:
        raise PayloadTooLarge(what, len(data), limit)
    return data


def _value(data: bytes) -> Any:  # noqa: ANN401 - any JSON value
    return parse_json(data, limit=len(data))


def _outcomes(found: Sequence[str]) -> Response:
    shape: OutcomesBody = {"items": list(found)}
    return answer(shape)


def _work(name: str, method: str, path: str, summary: str, **rest: Any) -> Operation:
    return Operation(
        name=name,
        method=method,
        path=f"/workers/{{worker_id}}/{path}",
        tag="workers",
        summary=summary,
        right=Right.WORK,
        **rest,
    )


OPERATIONS: Final = (
    _work(
        "list_held_jobs",
        "GET",
        "jobs",
        "List the jobs that a worker holds.",
        handler=list_held_jobs,
        answered=Answered(type=HeldList, what="The jobs, without payloads."),
    ),
    _work(
        "load_memory",
        "POST",
        "memory",
        "Read what running jobs remember of their earlier runs.",
        handler=load_memory,
        body=LoadMemory,
        example={"ids": ["06f2k9"]},
        answered=Answered(type=MemoryList, what="Done steps and positions."),
    ),
    _work(
        "record_steps",
        "POST",
        "steps",
        "Keep done steps of running jobs: `recorded`, `taken` by an earlier run that went on, or `lost`.",
        handler=record_steps,
        body=RecordSteps,
        example={"items": [{"id": "06f2k9", "fence": 1, "name": "charge", "result": {"receipt": 5}}]},
        answered=Answered(type=OutcomesBody, what="What became of each."),
        refusals=(413,),
    ),
    _work(
        "save_positions",
        "POST",
        "positions",
        "Keep how far running jobs have come.",
        handler=save_positions,
        body=SavePositions,
        example={"items": [{"id": "06f2k9", "fence": 1, "name": "rows", "position": 400}]},
        answered=Answered(type=KeptBody, what="Whether each was kept."),
        refusals=(413,),
    ),
    _work(
        "enter_once",
        "POST",
        "once",
        "Ask whether a running job is the `first` to use a key: else it is `seen`, or `other` content did.",
        handler=enter_once,
        body=EnterOnce,
        example={"items": [{"id": "06f2k9", "fence": 1, "asked": 1, "key": "order-42"}]},
        answered=Answered(type=OutcomesBody, what="What each key is."),
    ),
    _work(
        "list_asked_stacks",
        "GET",
        "stacks",
        "List the runs whose stacks somebody asks for.",
        handler=list_asked_stacks,
        answered=Answered(type=StackList, what="The runs."),
    ),
    _work(
        "tell_stacks",
        "POST",
        "stacks",
        "Tell where bodies are that were asked for.",
        handler=tell_stacks,
        body=TellStacks,
        example={"items": [{"id": "06f2k9", "fence": 1, "stack": "File app.py, line 5"}]},
        answered=Answered(status=204, what="Told."),
    ),
)
