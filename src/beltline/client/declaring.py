"""What a Beltline declares beside plain jobs: batch types and workflows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, Unpack, cast

from beltline.client.handle import JobHandle
from beltline.client.port import ClientPort
from beltline.client.reference import JobReference
from beltline.client.workflows import workflows_of
from beltline.core.codec import dump_json
from beltline.definitions.batch import BatchOptions, Part, splitting_body
from beltline.definitions.flow import Flow
from beltline.definitions.options import DefinitionOptions
from beltline.definitions.registry import Registry
from beltline.definitions.version import content_version

Add = Callable[[Callable[..., Any], DefinitionOptions], JobHandle[Any]]


class BatchDecorator(Protocol):
    """What `belt.batch` is: it takes the options of a batch type and gives a decorator."""

    def __call__(
        self,
        *,
        item: JobHandle[Any],
        most: int = ...,
        on_succeeded: JobHandle[Any] | None = None,
        on_failed: JobHandle[Any] | None = None,
        on_finished: JobHandle[Any] | None = None,
        **options: Unpack[DefinitionOptions],
    ) -> Callable[[Callable[[Any], Iterable[Part]]], JobHandle[int]]:
        """Make a batch type of a function that splits a definition."""
        ...


def batch_decorator(add: Add) -> BatchDecorator:
    """Return the decorator that makes batch types and adds them."""

    def decorator(
        **options: Any,
    ) -> Callable[[Callable[[Any], Iterable[Part]]], JobHandle[int]]:
        names = BatchOptions.__dataclass_fields__
        own = BatchOptions(**{name: options.pop(name) for name in list(options) if name in names})

        def decorate(split: Callable[[Any], Iterable[Part]]) -> JobHandle[int]:
            body, behind = splitting_body(split, own)
            configuration = dump_json([own.most, [when for when, _ in own.callbacks]]).decode()
            options.setdefault("version", content_version(split, configuration))
            handle = add(body, cast("DefinitionOptions", options))
            behind.itself = handle
            return handle

        return decorate

    return decorator


class WorkflowHandle:
    """A workflow bound to its Beltline: `start` makes a run of it."""

    __slots__ = ("_port", "flow", "name")

    def __init__(self, flow: Flow, port: ClientPort) -> None:
        self.flow = flow
        self.name = flow.name
        self._port = port

    async def start(self, *, id: str | None = None, **given: Any) -> JobReference[Any]:
        """Start a run with this input; its result is what the workflow's output says.

        The newest version that was applied to the store is run. `id` makes the start repeatable. Raises
        NotFound, InvalidWorkflow where job definitions are missing; then nothing is stored.
        """
        return await workflows_of(self._port).start(self.name, given, id=id)

    def start_sync(self, *, id: str | None = None, **given: Any) -> JobReference[Any]:
        """Do what `start` does, from code that has no event loop."""
        return self._port.run_sync(lambda: self.start(id=id, **given))

    async def signal(self, job_id: str, name: str, payload: object = None) -> bool:
        """Send a signal to a run; False where it had one of this name before, which counts."""
        return await workflows_of(self._port).signal(job_id, name, payload)

    def signal_sync(self, job_id: str, name: str, payload: object = None) -> bool:
        """Do what `signal` does, from code that has no event loop."""
        return self._port.run_sync(lambda: self.signal(job_id, name, payload))


def workflow_adder(registry: Registry, port: ClientPort) -> Callable[[Flow], WorkflowHandle]:
    """Return the function that checks workflows and adds them."""

    def add(flow: Flow) -> WorkflowHandle:
        flow.build()
        registry.add_flow(flow)
        return WorkflowHandle(flow, port)

    return add
