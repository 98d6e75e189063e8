"""Schedules on a desk: made, fired and ended by hand."""

from __future__ import annotations

import json
from typing import Any

from beltline.core.durations import moment_text
from beltline.core.job import Job
from beltline.core.outcome import Outcome, succeeded
from beltline.definitions.schedule import Schedule
from beltline.engine import schedules, ticking
from beltline.engine.schedules import ScheduleRequest
from beltline.store.pages import JobFilter, ListJobs
from beltline.store.params import Definition
from beltline.store.schedules import StoredSchedule
from tests.engine.desk import Desk

SCHEMA = {
    "type": "object",
    "properties": {"day": {"type": "string"}, "width": {"type": "integer"}},
    "additionalProperties": False,
}


class Timing:
    """A desk with a definition `resize`, and one scheduler."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.store, self.namespace = desk, desk.store, desk.namespace
        self.timetables = ticking.Timetables()

    async def apply(self, **policies: Any) -> None:
        definition = Definition(
            name="resize",
            version="1",
            queue="images",
            schema=json.dumps(SCHEMA),
            policies=json.dumps({"max_attempts": 1, **policies}),
        )
        await self.store.definitions.apply(self.namespace, [definition], self.desk.now)

    async def made(self, name: str = "nightly", *, payload: bytes = b"{}", **fields: Any) -> StoredSchedule:
        """Make a schedule of every minute, counted from now, or as the fields say."""
        await self.apply()
        if not fields.keys() & {"cron", "every", "at"}:
            fields["every"] = 60
            fields.setdefault("start", moment_text(self.desk.now))
        tick_field = fields.pop("tick_field", None)
        request = ScheduleRequest(
            name=name,
            definition="resize",
            schedule=Schedule(**fields),
            payload=payload,
            tick_field=tick_field,
        )
        return await schedules.create(self.store, self.namespace, request, actor="ada")

    async def turn(self) -> int:
        """Look once, as a scheduler does."""
        fired = await ticking.turn(self.store, self.namespace, self.timetables, random=self.desk.random)
        released = await ticking.release(self.store, self.namespace, self.timetables, random=self.desk.random)
        return fired + released

    async def fires(self, name: str = "nightly") -> list[tuple[str, str]]:
        """What became of the ticks, the oldest first: outcome and reason."""
        found = await self.store.schedules.fires(self.namespace, name)
        return [(fire.outcome.value, fire.reason) for fire in reversed(found)]

    async def jobs(self) -> list[Job]:
        page = await self.store.reads.page(ListJobs(namespace=self.namespace, where=JobFilter()))
        return sorted(page.items, key=lambda job: job.labels["tick"] if job.labels else "")

    async def schedule(self, name: str = "nightly") -> StoredSchedule:
        return await schedules.fetch(self.store, self.namespace, name)

    async def finish(self, outcome: Outcome | None = None) -> None:
        """Run whatever is queued."""
        for job in await self.desk.claim(limit=10):
            await self.desk.settle(job, outcome or succeeded(b"1"))
