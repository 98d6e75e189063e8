"""The schedules behind a service's URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from beltline.client.remote import Remote, part, plain
from beltline.core.durations import Moment, moment, moment_text
from beltline.core.errors import InvalidInput
from beltline.definitions.schedule import schedule_of
from beltline.definitions.schedule_faults import resolved_dates
from beltline.engine.backfills import DEFAULT_AT_ONCE
from beltline.engine.schedules import Coming
from beltline.store.backfills import Backfill
from beltline.store.schedules import Fire, StoredSchedule
from beltline.wire.reading_linked import backfill_of_body, coming_of_body, fire_of_body, schedule_of_body


class RemoteSchedules:
    """The schedules of one namespace, over HTTP."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def create(
        self,
        name: str,
        definition: str,
        when: object,
        *,
        payload: Mapping[str, Any] | None = None,
        tick_field: str | None = None,
        paused: bool = False,
    ) -> StoredSchedule:
        body = {
            "name": name,
            "definition": definition,
            "schedule": schedule_of(when).shape(),
            "payload": dict(payload or {}),
            "tick_field": tick_field,
            "paused": paused,
        }
        return schedule_of_body(await self._remote.call("POST", "/schedules", body))

    async def edit(
        self, name: str, *, payload: Mapping[str, Any] | None = None, why: str = "", **fields: Any
    ) -> StoredSchedule:
        given = {field: plain(field, value) for field, value in fields.items()}
        if given.get("without") is not None:
            # Calendars lie on this machine.
            faults: list[str] = []
            given["without"] = list(resolved_dates(given["without"], faults))
            if faults:
                raise InvalidInput(
                    "the schedule was refused:\n" + "\n".join(f"  - {each}" for each in faults)
                )
        body = {"schedule": given, "why": why, **({} if payload is None else {"payload": dict(payload)})}
        return schedule_of_body(await self._remote.call("PATCH", _path(name), body))

    async def pause(self, name: str, *, why: str = "") -> StoredSchedule:
        return schedule_of_body(await self._remote.call("POST", f"{_path(name)}/pause", {"why": why}))

    async def resume(self, name: str, *, why: str = "") -> StoredSchedule:
        return schedule_of_body(await self._remote.call("POST", f"{_path(name)}/resume", {"why": why}))

    async def delete(self, name: str, *, why: str = "") -> StoredSchedule:
        row = await self.get(name)
        await self._remote.call("DELETE", f"{_path(name)}?why={part(why)}")
        return row

    async def fire(self, name: str, *, why: str = "") -> str:
        found = await self._remote.once("POST", f"{_path(name)}/fire", {"why": why})
        return str(found["id"])

    async def get(self, name: str) -> StoredSchedule:
        return schedule_of_body(await self._remote.call("GET", _path(name)))

    async def list(self) -> list[StoredSchedule]:
        return [schedule_of_body(body) async for body in self._remote.listed("/schedules")]

    async def fires(self, name: str, *, limit: int = 100) -> Sequence[Fire]:
        body = await self._remote.call("GET", f"{_path(name)}/fires?limit={limit}")
        return [fire_of_body(each) for each in body["items"]]

    async def preview(self, when: object, *, count: int = 10) -> Sequence[Coming]:
        known = isinstance(when, str) and " " not in when and not when.startswith("@")
        if known:
            found = await self._remote.call("GET", f"{_path(str(when))}/preview?count={count}")
        else:
            body = {"schedule": schedule_of(when).shape(), "count": count}
            found = await self._remote.call("POST", "/schedules:preview", body)
        return [coming_of_body(each) for each in found["items"]]

    async def backfill(
        self,
        name: str,
        since: Moment,
        until: Moment,
        *,
        at_once: int = DEFAULT_AT_ONCE,
        why: str = "",
    ) -> Backfill:
        body = {
            "schedule": name,
            "since": moment_text(moment(since, what="since")),
            "until": moment_text(moment(until, what="until")),
            "at_once": at_once,
            "why": why,
        }
        return backfill_of_body((await self._remote.once("POST", "/backfills", body))["backfill"])

    async def cancel_backfill(self, backfill_id: str, *, why: str = "") -> Backfill:
        path = f"/backfills/{part(backfill_id)}/cancel"
        return backfill_of_body(await self._remote.call("POST", path, {"why": why}))


def _path(name: str) -> str:
    return f"/schedules/{part(name)}"
