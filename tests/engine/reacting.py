"""Triggers on a desk: made and looked at by hand."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from beltline.core.job import Job
from beltline.core.outcome import Ending, Outcome, succeeded
from beltline.definitions.trigger_rule import Rule
from beltline.engine import trigger_looks, triggers
from beltline.engine.events import Party, party_of
from beltline.engine.trigger_looks import Places
from beltline.store.contract import Store
from beltline.store.pages import JobFilter, ListJobs
from beltline.store.params import Definition
from beltline.store.triggers import StoredTrigger
from beltline.triggers.contract import Found, Page, Unreachable
from tests.engine.desk import Desk

SCHEMA = {
    "type": "object",
    "properties": {"width": {"type": "integer"}, "of": {"type": "string"}, "items": {"type": "array"}},
    "additionalProperties": False,
}


class Shelf:
    """A place in memory: name → mark."""

    def __init__(self) -> None:
        self.objects: dict[str, str] = {}
        self.pages = 0
        self.is_gone = False
        self.is_same = False

    async def page(self, after: str, limit: int, known: Collection[str] = ()) -> Page:
        if self.is_gone:
            raise Unreachable("the shelf is gone")
        self.pages += 1
        names = [name for name in sorted(self.objects) if name > after]
        found = [Found(name, len(self.objects[name]), self.objects[name], 0) for name in names[:limit]]
        return Page(found, names[limit - 1] if len(names) > limit else None)

    async def is_unchanged(self) -> bool:
        return self.is_same

    def url(self, name: str) -> str:
        return f"shelf://{name}"


class Reacting:
    """A desk with the definitions `resize` and `tell`, and one watcher of triggers."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.store, self.namespace = desk, desk.store, desk.namespace
        self.shelf = Shelf()
        self.places = Places(lambda _: self.shelf)

    async def apply(self) -> None:
        made = [
            Definition(
                name=name,
                version="1",
                queue="images",
                schema=json.dumps(SCHEMA),
                policies='{"max_attempts": 1}',
            )
            for name in ("resize", "tell", "echo")
        ]
        await self.store.definitions.apply(self.namespace, made, self.desk.now)

    async def make(self, rule: Rule, *, name: str = "after", definition: str = "tell") -> None:
        await self.apply()
        await triggers.create(self.store, self.namespace, name, definition, rule, actor="ada")

    async def place(self, name: str = "after") -> tuple[Store, str, StoredTrigger]:
        return self.store, self.namespace, await triggers.fetch(self.store, self.namespace, name)

    async def party(self, name: str = "after") -> Party:
        return await party_of(*await self.place(name))

    async def turn(self) -> int:
        """Look once, as a watcher does."""
        return await trigger_looks.turn(self.store, self.namespace, self.places, random=self.desk.random)

    async def end(self, outcome: Outcome | None = None, **options: Any) -> Job:
        """Bring a job to its end; nothing else may be queued."""
        claimed = await self.desk.running(**options)
        await self.desk.settle(claimed, outcome or succeeded(b'{"width":3}'))
        return await self.desk.job(claimed.id)

    async def finish(self) -> None:
        """Run whatever is queued."""
        for job in await self.desk.claim(limit=100):
            await self.desk.settle(job, succeeded(b"1"))

    async def made(self, definition: str = "tell") -> list[Job]:
        """The jobs of a definition, in the order in which they were stored."""
        where = JobFilter(definition=definition)
        page = await self.store.reads.page(ListJobs(namespace=self.namespace, where=where, limit=1_000))
        return sorted(page.items, key=lambda job: (job.created_at, job.id))

    async def payloads(self, definition: str = "tell") -> list[Any]:
        return [json.loads(job.payload) for job in await self.made(definition)]

    async def counts(self, name: str = "after") -> dict[str, int]:
        found = await self.store.triggers.counts(self.namespace, name)
        return {each.outcome: each.events for each in found if each.events}


FAILED = Outcome(Ending.FAILED, error=b'{"type":"ValueError","message":"no","fingerprint":"f"}')
