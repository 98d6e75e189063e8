"""What jobs remember, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from beltline.client.served.line import Line, chunks
from beltline.core.codec import dump_json
from beltline.core.durations import moment
from beltline.core.errors import Unsupported
from beltline.store.steps import (
    EnterOnce,
    Memory,
    OnceOutcome,
    RecordSteps,
    Remembered,
    SavePositions,
    StepOutcome,
)


class ServedSteps:
    """See StepStore."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def load(self, namespace: str, job_ids: Sequence[str]) -> list[Remembered]:
        """See StepStore."""
        del namespace
        found: list[Remembered] = []
        for chunk in chunks(job_ids):
            items = (await self._line.work("memory", {"ids": chunk}))["items"]
            found += [
                Remembered(
                    item["id"],
                    Memory(item["kind"]),
                    item["name"],
                    item["fence"],
                    moment(item["at"]),
                    dump_json(item["value"]),
                )
                for item in items
            ]
        return found

    async def record(self, params: RecordSteps) -> list[StepOutcome]:
        """See StepStore."""
        items = [
            {"id": step.job_id, "fence": step.fence, "name": step.name, "result": json.loads(step.result)}
            for step in params.steps
        ]
        return [StepOutcome(found) for found in await self._asked("steps", items)]

    async def record_with(self, conn: object, params: RecordSteps) -> StepOutcome:
        """Raise Unsupported."""
        del conn, params
        raise Unsupported(
            "conn= joins a transaction of the store's database: this worker only has a service's URL;"
            " record the step without conn=, or work at the store"
        )

    async def save(self, params: SavePositions) -> list[bool]:
        """See StepStore."""
        items = [
            {
                "id": reached.job_id,
                "fence": reached.fence,
                "name": reached.name,
                "position": json.loads(reached.position),
            }
            for reached in params.positions
        ]
        return [found is True for found in await self._asked("positions", items)]

    async def enter(self, params: EnterOnce) -> list[OnceOutcome]:
        """See StepStore."""
        items = [
            {
                "id": entry.job_id,
                "fence": entry.fence,
                "asked": entry.asked,
                "key": entry.once_key,
                "content": entry.content,
            }
            for entry in params.entries
        ]
        return [OnceOutcome(found) for found in await self._asked("once", items)]

    async def _asked(self, verb: str, items: Sequence[Mapping[str, object]]) -> list[Any]:
        return [
            found
            for chunk in chunks(items)
            for found in (await self._line.work(verb, {"items": chunk}))["items"]
        ]
