"""A Context is the same in every kind of body: what it says, what it keeps, and what later runs find."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from beltline.client.handle import JobHandle
from beltline.config import ObjectsConfig
from beltline.core.states import JobState
from beltline.objects.open import objects_for
from tests.executors import kinds
from tests.runtime.test_suspects import on
from tests.runtime.works import Works

KINDS = (kinds.on_the_loop, kinds.in_a_thread, kinds.in_a_process, kinds.on_a_loop_in_a_process)


async def left(works: Works, body: JobHandle[Any]) -> dict[str, Any]:
    """Run a job of this kind; return all that it leaves."""
    store = works.store
    reference = await body.submit(4)
    async with works.working():
        job = await works.in_state(reference.id)
    assert job.state is JobState.SUCCEEDED, job.error
    remembered = await store.steps.load("default", [job.id])
    artifacts = await store.artifacts.page("default", job.id)
    return {
        "result": json.loads(job.result or b""),
        "counts": (job.runs, job.attempts_used, job.crashes),
        "log": [
            (line.run, line.level, line.message, line.fields)
            for line in await store.logs.read("default", job.id)
        ],
        "remembered": sorted((row.kind, row.name, row.value) for row in remembered if row.name != "wait-1"),
        "waits": sum(row.name == "wait-1" for row in remembered),
        "artifacts": [(row.run, row.name, row.type, row.size) for row in artifacts],
    }


async def test_a_context_is_the_same_in_every_kind_of_body(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/beltline.db"
    async with on(url, kinds.__file__, kinds.belt) as works:
        works.store.objects = objects = objects_for(ObjectsConfig(), url, {})
        assert objects is not None
        objects.owner = "0a1b"

        found = [await left(works, body) for body in KINDS]

    first = found[0]
    assert first["result"] == [
        True,
        2,
        2,
        2,
        {"a": "b"},
        8,
        "step_repeated",
        False,
        "once_conflict",
        {"run": 1},
        3,
        4,
        5,
    ]
    assert first["artifacts"] == [(1, "half.txt", "text/plain", 10)]
    assert found == [first] * len(KINDS)
