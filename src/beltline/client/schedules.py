"""The schedules of a store, from a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from beltline.core.codec import dump_json
from beltline.core.durations import Moment, moment
from beltline.core.ids import Random
from beltline.definitions.schedule import schedule_of
from beltline.definitions.timetable import stored_timetable, timetable
from beltline.engine import backfills, schedules
from beltline.engine.schedules import Coming, ScheduleEdit, ScheduleRequest
from beltline.store.backfills import Backfill
from beltline.store.contract import Store
from beltline.store.schedules import Fire, StoredSchedule

_ACTOR = "client"


class SchedulePort(Protocol):
    """What schedules need of the client. `namespace` is the tenant."""

    namespace: str

    @property
    def store(self) -> Store:
        """The open store. Raises NotOpen."""
        ...

    @property
    def random(self) -> Random:
        """Where ids come from."""
        ...


class Schedules(Protocol):
    """What `belt.schedules` is. Each method raises NotOpen; those that take a name raise NotFound."""

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
        """Make a schedule. Raises InvalidInput that lists every fault, UnknownDefinition, Conflict."""
        ...

    async def edit(
        self, name: str, *, payload: Mapping[str, Any] | None = None, why: str = "", **fields: Any
    ) -> StoredSchedule:
        """Change fields of a schedule (see Schedule) and its payload, from its next tick on."""
        ...

    async def pause(self, name: str, *, why: str = "") -> StoredSchedule:
        """Let no ticks fire."""
        ...

    async def resume(self, name: str, *, why: str = "") -> StoredSchedule:
        """Let ticks fire again, from the next one on."""
        ...

    async def delete(self, name: str, *, why: str = "") -> StoredSchedule:
        """Remove a schedule; its jobs stay."""
        ...

    async def fire(self, name: str, *, why: str = "") -> str:
        """Make a job of it now; return the job's id."""
        ...

    async def get(self, name: str) -> StoredSchedule:
        """Return a schedule."""
        ...

    async def list(self) -> list[StoredSchedule]:
        """Return every schedule, by name."""
        ...

    async def fires(self, name: str, *, limit: int = 100) -> Sequence[Fire]:
        """Return what became of its newest ticks."""
        ...

    async def preview(self, when: object, *, count: int = 10) -> Sequence[Coming]:
        """Return the coming ticks of a schedule, by its name or not yet stored (a Schedule)."""
        ...

    async def backfill(
        self,
        name: str,
        since: Moment,
        until: Moment,
        *,
        at_once: int = backfills.DEFAULT_AT_ONCE,
        why: str = "",
    ) -> Backfill:
        """Make up for the ticks of a range of the past; `cancel_backfill` ends it."""
        ...

    async def cancel_backfill(self, backfill_id: str, *, why: str = "") -> Backfill:
        """End a backfill and cancel its jobs that are not final."""
        ...


class StoreSchedules:
    """The schedules in the store of an open client."""

    def __init__(self, port: SchedulePort) -> None:
        self._port = port

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
        request = ScheduleRequest(
            name=name,
            definition=definition,
            schedule=schedule_of(when),
            payload=dump_json(dict(payload or {})),
            tick_field=tick_field,
            paused=paused,
        )
        port = self._port
        return await schedules.create(port.store, port.namespace, request, actor=_ACTOR)

    async def edit(
        self, name: str, *, payload: Mapping[str, Any] | None = None, why: str = "", **fields: Any
    ) -> StoredSchedule:
        change = ScheduleEdit(fields=fields, payload=None if payload is None else dump_json(dict(payload)))
        port = self._port
        return await schedules.edit(port.store, port.namespace, name, change, actor=_ACTOR, why=why)

    async def pause(self, name: str, *, why: str = "") -> StoredSchedule:
        return await schedules.pause(self._port.store, self._port.namespace, name, actor=_ACTOR, why=why)

    async def resume(self, name: str, *, why: str = "") -> StoredSchedule:
        return await schedules.resume(self._port.store, self._port.namespace, name, actor=_ACTOR, why=why)

    async def delete(self, name: str, *, why: str = "") -> StoredSchedule:
        return await schedules.delete(self._port.store, self._port.namespace, name, actor=_ACTOR, why=why)

    async def fire(self, name: str, *, why: str = "") -> str:
        port = self._port
        return await schedules.fire(
            port.store, port.namespace, name, random=port.random, actor=_ACTOR, why=why
        )

    async def get(self, name: str) -> StoredSchedule:
        return await schedules.fetch(self._port.store, self._port.namespace, name)

    async def list(self) -> list[StoredSchedule]:
        return await schedules.everything(self._port.store, self._port.namespace)

    async def fires(self, name: str, *, limit: int = 100) -> Sequence[Fire]:
        return await self._port.store.schedules.fires(self._port.namespace, name, limit=limit)

    async def preview(self, when: object, *, count: int = 10) -> Sequence[Coming]:
        port = self._port
        if isinstance(when, str) and (row := await port.store.schedules.get(port.namespace, when)):
            table, name = stored_timetable(row.spec), when
        else:
            table, name = timetable(schedule_of(when)), ""
        return schedules.preview(table, port.namespace, name, since=port.store.now(), count=count)

    async def backfill(
        self,
        name: str,
        since: Moment,
        until: Moment,
        *,
        at_once: int = backfills.DEFAULT_AT_ONCE,
        why: str = "",
    ) -> Backfill:
        port = self._port
        return await backfills.start(
            port.store,
            port.namespace,
            name,
            since=moment(since, what="since"),
            until=moment(until, what="until"),
            at_once=at_once,
            random=port.random,
            actor=_ACTOR,
            why=why,
        )

    async def cancel_backfill(self, backfill_id: str, *, why: str = "") -> Backfill:
        port = self._port
        return await backfills.cancel(port.store, port.namespace, backfill_id, actor=_ACTOR, why=why)
