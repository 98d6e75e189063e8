"""The triggers behind a service's URL."""

from __future__ import annotations

import json
from builtins import list as every
from collections.abc import Mapping
from typing import Any

from beltline.client.port import ClientPort
from beltline.client.remote import Remote, part, plain
from beltline.client.triggers import SyncTriggers
from beltline.core.errors import InvalidInput
from beltline.core.window import Window, window_shape
from beltline.definitions.trigger_rule import Rule
from beltline.engine.trigger_trials import Standing
from beltline.engine.trigger_waits import Waits
from beltline.store.triggers import StoredTrigger
from beltline.wire.reading_triggers import standing_of_body, trigger_of_body, waits_of_body


class RemoteTriggers(SyncTriggers):
    """The triggers of one namespace, over HTTP. What a refused event said is not shown there."""

    def __init__(self, port: ClientPort, remote: Remote) -> None:
        super().__init__(port)
        self._remote = remote

    async def create(self, name: str, definition: str, rule: Rule, *, why: str = "") -> StoredTrigger:
        """Make a trigger."""
        body = {
            "name": name,
            "definition": definition,
            "kind": rule.KIND,
            "settings": rule.shape(),
            "why": why,
        }
        return trigger_of_body(await self._remote.call("POST", "/triggers", body))

    async def edit(self, name: str, *, why: str = "", **fields: Any) -> StoredTrigger:
        """Change fields of a trigger's rule."""
        settings = {field: _plain(field, value) for field, value in fields.items()}
        body = {"settings": settings, "why": why}
        return trigger_of_body(await self._remote.call("PATCH", _path(name), body))

    async def list(self) -> every[StoredTrigger]:
        """Return all triggers, by name."""
        return [trigger_of_body(body) async for body in self._remote.listed("/triggers")]

    async def show(self, name: str) -> Standing:
        """Return a trigger, what became of its events, and the newest that could not become a job."""
        return standing_of_body(await self._remote.call("GET", _path(name)))

    async def explain(self, name: str) -> Waits:
        """Return what the events wait for that a trigger holds."""
        return waits_of_body(await self._remote.call("GET", f"{_path(name)}/explain"))

    async def test(
        self,
        name: str,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        job: str | None = None,
        object: str | None = None,  # noqa: A002 - the kind's own word
    ) -> Any:  # noqa: ANN401 - a payload is any JSON
        """Return the payload that an event would give, None where it would make no job."""
        if isinstance(body, bytes):
            try:
                body = json.loads(body)
            except ValueError as error:
                raise InvalidInput(f"body: {error}; give JSON") from error
        given = {"body": body, "headers": dict(headers or {}), "job": job, "object": object}
        found = await self._remote.call("POST", f"{_path(name)}/test", given)
        return found["payload"]

    async def pause(self, name: str, *, why: str = "") -> StoredTrigger:
        """Take no events."""
        return trigger_of_body(await self._remote.call("POST", f"{_path(name)}/pause", {"why": why}))

    async def resume(self, name: str, *, why: str = "") -> StoredTrigger:
        """Take events again."""
        return trigger_of_body(await self._remote.call("POST", f"{_path(name)}/resume", {"why": why}))

    async def delete(self, name: str, *, why: str = "") -> StoredTrigger:
        """Remove a trigger with what it holds."""
        row = (await self.show(name)).row
        await self._remote.call("DELETE", f"{_path(name)}?why={part(why)}")
        return row


def _plain(field: str, value: object) -> object:
    return window_shape(value) if isinstance(value, Window) else plain(field, value)


def _path(name: str) -> str:
    return f"/triggers/{part(name)}"
