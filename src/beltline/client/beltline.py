"""Beltline, the object that a program makes: it collects job definitions, opens the store and submits."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, Unpack, overload

from beltline.client.batches import Batches, batches_of
from beltline.client.dead_letters import DeadLetters
from beltline.client.declaring import BatchDecorator, WorkflowHandle, batch_decorator, workflow_adder
from beltline.client.draws import Draws
from beltline.client.explaining import explainer
from beltline.client.handle import JobHandle
from beltline.client.notifying import NotifierAdder, SourceAdder, TriggerDeclarer
from beltline.client.port import ClientPort
from beltline.client.reference import JobReference
from beltline.client.remote import Remote
from beltline.client.remote_schedules import RemoteSchedules
from beltline.client.remote_triggers import RemoteTriggers
from beltline.client.schedules import Schedules, StoreSchedules
from beltline.client.target import all_checked, checked, target_of
from beltline.client.triggers import SyncTriggers
from beltline.client.workflows import Workflows, workflows_of
from beltline.config import ObjectsConfig, StoreConfig, load, masked
from beltline.core.clock import Clock, SystemClock
from beltline.core.codec import dump_json
from beltline.core.errors import ConfigError, InvalidBatch, InvalidPayload
from beltline.core.ids import Random
from beltline.core.job import Job
from beltline.definitions.declared import Declarations, declaration
from beltline.definitions.declared_trigger import DeclaredTriggers
from beltline.definitions.definition import define
from beltline.definitions.flow import Flow
from beltline.definitions.options import DefinitionOptions
from beltline.definitions.port import Through
from beltline.definitions.registry import Registry
from beltline.definitions.result import ResultType
from beltline.engine.explain import Explanation
from beltline.engine.submit import DEFAULTS, JobOptions, with_option_faults
from beltline.engine.template import Template
from beltline.store.contract import Store
from beltline.store.open import configured_store

R = TypeVar("R")


class JobDecorator(Protocol):
    """What `@belt.job(...)` is: it turns a function or coroutine function into a handle of its result."""

    @overload
    def __call__(self, function: Callable[..., Awaitable[R]], /) -> JobHandle[R]: ...

    @overload
    def __call__(self, function: Callable[..., R], /) -> JobHandle[R]: ...

    def __call__(self, function: Callable[..., Any], /) -> JobHandle[Any]:
        """Make the job definition."""
        ...


class Beltline:
    """Job definitions and the way to their store.

    `store` (a URL), `namespace` and `objects` (where large payloads go) come from where every command has
    them, unless they are given: the environment (BELTLINE_STORE, BELTLINE_NAMESPACE, BELTLINE_OBJECTS), else
    `beltline.toml` in the working directory or the file that BELTLINE_CONFIG names, else
    `sqlite:///beltline.db` and `default`. They are read when they are first needed, `objects` whenever it is
    opened, none of them when the module of the app is imported.

    A URL `https://host` in place of a store's means a service there, opened by `api_key` or BELTLINE_API_KEY.
    Submitting, waiting, looking and cancelling are the same then; `conn=` and `store` are not to be had.

    Use it as `async with belt:`, which opens and closes the store; a Beltline may be opened again afterwards.
    It belongs to one event loop while it is open. Inside a worker it is open on the worker's store and
    namespace: bodies submit jobs as they are.
    """

    def __init__(
        self,
        store: str | None = None,
        *,
        namespace: str | None = None,
        clock: Clock | None = None,
        objects: ObjectsConfig | None = None,
        api_key: str | None = None,
    ) -> None:
        self.registry = Registry()
        self.declared = Declarations()
        self.declared_triggers = DeclaredTriggers()
        self.sources: dict[str, Callable[[str], Any]] = {}
        self._given = store, namespace
        self._clock = clock
        self._objects = objects
        self._api_key = api_key
        self._port = ClientPort()
        self.dead_letters = DeadLetters(self._port)
        self._entered = 0
        self._is_lent = False

    @cached_property
    def url(self) -> str:
        """The store's URL. Raises ConfigError that lists every fault of the configuration."""
        return self._given[0] or self._configured.url

    @cached_property
    def namespace(self) -> str:
        """The tenant. Raises ConfigError that lists every fault of the configuration."""
        return self._given[1] or self._configured.namespace

    @property
    def api_key(self) -> str:
        """What opens a service; empty where there is none. Raises ConfigError."""
        return self._configured.api_key if self._api_key is None else self._api_key

    @cached_property
    def _configured(self) -> StoreConfig:
        return load(None, os.environ, {}).store

    @overload
    def job(
        self, function: Callable[..., Awaitable[R]], /, **options: Unpack[DefinitionOptions]
    ) -> JobHandle[R]: ...

    @overload
    def job(self, function: Callable[..., R], /, **options: Unpack[DefinitionOptions]) -> JobHandle[R]: ...

    @overload
    def job(self, /, **options: Unpack[DefinitionOptions]) -> JobDecorator: ...

    def job(
        self, function: Callable[..., Any] | None = None, /, **options: Unpack[DefinitionOptions]
    ) -> JobHandle[Any] | JobDecorator:
        """Make a job definition of a function: `@belt.job` or `@belt.job(retry=…, timeout=…, queue=…)`.

        Raises ConfigError that lists every fault of the function and the options.
        """
        if function is None:
            return lambda found: self._add(found, options)
        return self._add(function, options)

    def schedule(
        self,
        job: JobHandle[Any],
        when: object,
        *,
        name: str | None = None,
        payload: Mapping[str, Any] | None = None,
        tick_field: str | None = None,
    ) -> None:
        """Declare a schedule: jobs of `job` with this payload, at the times that `when` says.

        `when` is a Schedule, a cron line (`"0 3 * * *"`), an interval or a moment. `name` is the job's where
        none is given. The payload's field `tick_field` gets the tick as ISO 8601 text. Workers store it when
        they start; it keeps whether it is paused. Raises ConfigError that lists every fault.
        """
        self.declared.add(
            declaration(job.definition, when, name=name, payload=payload, tick_field=tick_field)
        )

    @property
    def trigger(self) -> TriggerDeclarer:
        """Declare a trigger: `belt.trigger(job, JobOutcome(of="load"))`. Raises ConfigError."""
        return TriggerDeclarer(self.declared_triggers)

    @property
    def notify(self) -> NotifierAdder:
        """Tell owners how their jobs and batches ended: `belt.notify(Email(…))`. Raises ConfigError."""
        return NotifierAdder(self._add, self.declared_triggers)

    @property
    def source(self) -> SourceAdder:
        """Say what connects to sources of messages: `belt.source("redis", RedisStream)`."""
        return SourceAdder(self.sources)

    @property
    def triggers(self) -> SyncTriggers:
        """The triggers of the store: to make, edit, list, show, test, pause and delete them."""
        remote = self._port.remote
        return SyncTriggers(self._port) if remote is None else RemoteTriggers(self._port, remote)

    @property
    def schedules(self) -> Schedules:
        """The schedules of the store: to make, edit, pause, fire them, and to look ahead."""
        remote = self._port.remote
        return StoreSchedules(self._port) if remote is None else RemoteSchedules(remote)

    @property
    def batches(self) -> Batches:
        """Jobs with children, as trees: how far they are, and to steer them whole."""
        return batches_of(self._port)

    @property
    def workflows(self) -> Workflows:
        """The workflows of the store: to apply, start and signal them, and to look at their runs."""
        return workflows_of(self._port)

    @property
    def explain(self) -> Callable[[str], Awaitable[Explanation]]:
        """Say why a job is not running, or how it ended: `await belt.explain(job_id)`. Raises NotFound."""
        return explainer(self._port)

    @property
    def run_sync(self) -> Callable[[Callable[[], Coroutine[Any, Any, R]]], R]:
        """Do what has no `_sync` form, without an event loop: `belt.run_sync(belt.schedules.list)`."""
        return self._port.run_sync

    @property
    def batch(self) -> BatchDecorator:
        """Make a batch type of a function: `@belt.batch(item=handle)`.

        The function gets a definition (whatever its one argument is) and yields `Split(definition)` for a
        smaller batch and `Item(name=value)` for a job of `item`; it is a generator that is read in chunks.
        Submitting the handle with a definition makes the batch. Takes the options of `job` too, `children`
        among them, and those of BatchOptions.
        """
        return batch_decorator(self._add)

    @property
    def workflow(self) -> Callable[[Flow], WorkflowHandle]:
        """Add a workflow: `etl = belt.workflow(flow)`. Raises InvalidWorkflow that lists every fault."""
        return workflow_adder(self.registry, self._port)

    async def open(self) -> Self:
        """Open the store. Raises StoreUnavailable, SchemaOutdated, SchemaTooNew, ConfigError."""
        if not self._port.is_open():
            namespace = self.namespace
            if self.url.startswith(("http://", "https://")):
                self._port.namespace = namespace
                self._port.remote = self._remote(namespace)
                return self
            objects = load(None, os.environ, {}).objects if self._objects is None else self._objects
            store = configured_store(self.url, objects, os.environ, clock=self._clock)
            await store.open()
            if self._port.is_open():  # another task was quicker
                await store.close()
            else:
                self._port.attach(store, namespace)
        return self

    @asynccontextmanager
    async def on(
        self, store: Store | Remote, namespace: str, *, random: Random | None = None
    ) -> AsyncIterator[Self]:
        """Be open on a store, or a service, that another opened and will close, in this namespace.

        `close` leaves it alone; afterwards it is open where it was before. `random`: where the ids of jobs
        come from, if not from the system.
        """
        was_lent, self._is_lent = self._is_lent, True
        if isinstance(store, Remote):
            port = self._port
            before_it = port.remote, port.namespace
            port.remote, port.namespace = store, namespace
            try:
                yield self
            finally:
                port.remote, port.namespace = before_it
                self._is_lent = was_lent
            return
        before = self._port.attach(store, namespace, random)
        try:
            yield self
        finally:
            await self._port.detach(before)
            self._is_lent = was_lent

    async def close(self) -> None:
        """Finish the submits on their way and close the store; may be called twice."""
        if self._is_lent:
            return
        remote, self._port.remote = self._port.remote, None
        if remote is not None:
            await remote.close()
        store = await self._port.detach()
        if store is not None:
            await store.close()

    async def __aenter__(self) -> Self:
        await self.open()
        self._entered += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered -= 1
        if not self._entered:  # where several `async with` overlap, the last one closes
            await self.close()

    @property
    def through(self) -> Through:
        """For the process that runs a body of this app while it is not open: handles submit through it."""
        return self._port.through

    @property
    def store(self) -> Store:
        """The open store. Raises NotOpen."""
        return self._port.opened[0]

    async def submit(
        self, name: str, payload: Mapping[str, Any] | bytes, *, options: JobOptions = DEFAULTS
    ) -> JobReference[Any]:
        """Store a job by its definition's name, for callers that have no code of it.

        The stored schema decides.

        Raises UnknownDefinition, InvalidPayload and what JobHandle.submit raises.
        """
        if self._port.remote is not None:
            [found] = await self._submit_remotely(name, [payload], options)
            return found
        target = await target_of(name, self.registry, self.store, self._port.namespace)
        try:
            data = checked(target, payload, self._port.payload_limit)
        except InvalidPayload as error:
            raise with_option_faults(error, options) from error
        return await self._port.submit(target.template, data, options, target.result)

    async def submit_many(
        self, name: str, payloads: Iterable[Mapping[str, Any] | bytes], *, options: JobOptions = DEFAULTS
    ) -> list[JobReference[Any]]:
        """Store a job for each payload, by the definition's name, all in one transaction or none.

        Raises UnknownDefinition, InvalidBatch (which names every faulty payload) and what `submit` raises.
        """
        if self._port.remote is not None:
            return await self._submit_remotely(name, list(payloads), options)
        target = await target_of(name, self.registry, self.store, self._port.namespace)
        try:
            found = all_checked(target, payloads, self._port.payload_limit)
        except InvalidBatch as error:
            raise with_option_faults(error, options) from error
        return await self._port.submit_all(target.template, found, options, target.result)

    async def get(self, job_id: str) -> Job:
        """Return a job as it stands. Raises NotFound, ObjectsError."""
        return await self._port.get(job_id)

    async def cancel(self, job_id: str, *, why: str = "") -> Job:
        """Cancel a job. Raises NotFound, InvalidTransition."""
        return await self._port.cancel(job_id, why=why)

    def reference(self, job_id: str) -> JobReference[Any]:
        """Return a reference to a job known by its id; nothing is looked up."""
        return JobReference(id=job_id, existing=None, _port=self._port, _result=ResultType.any_json())

    def open_sync(self) -> Self:
        """Open the store for the `_sync` methods, on an event loop in a thread of its own."""
        try:
            self._port.portal.call(self.open)
        except BaseException:
            self._port.portal.stop()
            raise
        return self

    def close_sync(self) -> None:
        """Close what `open_sync` opened."""
        try:
            self._port.portal.call(self.close)
        finally:
            self._port.portal.stop()

    def _remote(self, namespace: str) -> Remote:
        key = self.api_key
        if not key:
            raise ConfigError(
                [f"{masked(self.url)} needs an API key: set BELTLINE_API_KEY, or give api_key="]
            )
        clock = self._clock or SystemClock()
        return Remote(self.url, namespace, key, clock=clock, random=Draws())

    async def _submit_remotely(
        self, name: str, payloads: Sequence[Mapping[str, Any] | bytes], options: JobOptions
    ) -> list[JobReference[Any]]:
        """Let the service's stored schema decide, but for definitions that are at hand here."""
        found = self.registry.get(name)
        result = ResultType.any_json() if found is None else found.result
        data = [payload if isinstance(payload, bytes) else dump_json(payload) for payload in payloads]
        return await self._port.submit_all(Template(name, "", ""), data, options, result)

    def _add(self, function: Callable[..., Any], options: DefinitionOptions) -> JobHandle[Any]:
        when, rule = options.pop("schedule", None), options.pop("trigger", None)
        definition = define(function, **options)
        self.registry.add(definition)
        if when is not None:
            self.declared.add(declaration(definition, when))
        if rule is not None:
            self.declared_triggers.add(definition.name, definition.name, rule)
        return JobHandle(definition, self._port)
