"""The triggers of a store, from a program: `belt.triggers`."""

from __future__ import annotations

import json
from builtins import list as every
from collections.abc import Mapping
from typing import Any

from beltline.client.port import ClientPort
from beltline.core.codec import dump_json
from beltline.definitions.trigger_rule import Rule
from beltline.engine import trigger_trials, trigger_waits, triggers
from beltline.engine.trigger_trials import Sample, Standing
from beltline.engine.trigger_waits import Waits
from beltline.store.triggers import StoredTrigger

_ACTOR = "client"


class Triggers:
    """What `belt.triggers` is. Each method raises NotOpen; those that take a name raise NotFound.

    Each has a twin for synchronous code, with `_sync` after its name.
    """

    def __init__(self, port: ClientPort) -> None:
        self._port = port

    async def create(self, name: str, definition: str, rule: Rule, *, why: str = "") -> StoredTrigger:
        """Make a trigger for jobs of a definition: a Webhook, JobOutcome, NewObject or Message.

        Raises InvalidInput that lists every fault, UnknownDefinition, Conflict.
        """
        place = self._port.store, self._port.namespace
        return await triggers.create(*place, name, definition, rule, actor=_ACTOR, why=why)

    async def edit(self, name: str, *, why: str = "", **fields: Any) -> StoredTrigger:
        """Change fields of a trigger's rule; None takes one back to its default. Raises InvalidInput."""
        place = self._port.store, self._port.namespace
        return await triggers.edit(*place, name, fields, actor=_ACTOR, why=why)

    async def list(self) -> every[StoredTrigger]:
        """Return all triggers, by name."""
        return await triggers.everything(self._port.store, self._port.namespace)

    async def show(self, name: str) -> Standing:
        """Return a trigger, what became of its events, and the newest that could not become a job."""
        return await trigger_trials.standing(self._port.store, self._port.namespace, name)

    async def explain(self, name: str) -> Waits:
        """Return what the events wait for that a trigger holds for its window, the oldest first."""
        return await trigger_waits.explain(self._port.store, self._port.namespace, name)

    async def test(
        self,
        name: str,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        job: str | None = None,
        object: str | None = None,  # noqa: A002 - the kind's own word
    ) -> Any:  # noqa: ANN401 - a payload is any JSON
        """Return the payload that an event would give, None where it would make no job; nothing is stored.

        `body` (JSON values, or bytes) and `headers` of a call or message, the id of a `job` that has ended,
        or the name of an `object`. Raises InvalidInput, InvalidPayload.
        """
        data = body if isinstance(body, bytes) else None if body is None else dump_json(body)
        sample = Sample(data, dict(headers or {}), job, object)
        place = self._port.store, self._port.namespace
        found = await trigger_trials.tried(*place, await triggers.fetch(*place, name), sample)
        return None if found is None else json.loads(found.payload)

    async def pause(self, name: str, *, why: str = "") -> StoredTrigger:
        """Take no events; what is held waits, and outcomes that come meanwhile are not noted."""
        place = self._port.store, self._port.namespace
        return await triggers.set_paused(*place, name, paused=True, actor=_ACTOR, why=why)

    async def resume(self, name: str, *, why: str = "") -> StoredTrigger:
        """Take events again."""
        place = self._port.store, self._port.namespace
        return await triggers.set_paused(*place, name, paused=False, actor=_ACTOR, why=why)

    async def delete(self, name: str, *, why: str = "") -> StoredTrigger:
        """Remove a trigger with what it holds; its jobs stay."""
        return await triggers.delete(self._port.store, self._port.namespace, name, actor=_ACTOR, why=why)


class SyncTriggers(Triggers):
    """The triggers of a store, with twins for synchronous code. They raise Unsupported on an event loop."""

    def create_sync(self, name: str, definition: str, rule: Rule, *, why: str = "") -> StoredTrigger:
        """Do what `create` does."""
        return self._port.run_sync(lambda: self.create(name, definition, rule, why=why))

    def edit_sync(self, name: str, *, why: str = "", **fields: Any) -> StoredTrigger:
        """Do what `edit` does."""
        return self._port.run_sync(lambda: self.edit(name, why=why, **fields))

    def list_sync(self) -> every[StoredTrigger]:
        """Do what `list` does."""
        return self._port.run_sync(self.list)

    def show_sync(self, name: str) -> Standing:
        """Do what `show` does."""
        return self._port.run_sync(lambda: self.show(name))

    def explain_sync(self, name: str) -> Waits:
        """Do what `explain` does."""
        return self._port.run_sync(lambda: self.explain(name))

    def test_sync(self, name: str, **sample: Any) -> Any:  # noqa: ANN401 - a payload is any JSON
        """Do what `test` does."""
        return self._port.run_sync(lambda: self.test(name, **sample))

    def pause_sync(self, name: str, *, why: str = "") -> StoredTrigger:
        """Do what `pause` does."""
        return self._port.run_sync(lambda: self.pause(name, why=why))

    def resume_sync(self, name: str, *, why: str = "") -> StoredTrigger:
        """Do what `resume` does."""
        return self._port.run_sync(lambda: self.resume(name, why=why))

    def delete_sync(self, name: str, *, why: str = "") -> StoredTrigger:
        """Do what `delete` does."""
        return self._port.run_sync(lambda: self.delete(name, why=why))
