"""A job definition: a function with its policies, ready to be registered, submitted and run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeAlias, Unpack

from beltline.core.batch import Children
from beltline.core.codec import dump_json
from beltline.core.durations import Duration, micros
from beltline.core.errors import ConfigError, InvalidInput
from beltline.core.needs import Needs, amounts_of
from beltline.core.replay import Replay
from beltline.core.retry import MAX_CRASHES, Retry
from beltline.core.sizes import Size, memory_bytes
from beltline.definitions.options import DefinitionOptions, option_faults
from beltline.definitions.payload import PayloadType
from beltline.definitions.result import ResultType
from beltline.definitions.signature import Signature, read_signature
from beltline.definitions.version import content_version

Handler: TypeAlias = Callable[..., Any]
Mode: TypeAlias = Literal["async", "thread", "process"]

DEFAULT_QUEUE: Final = "default"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JobDefinition:
    """What a job is made from. `mode` says where the body runs.

    `memory` is how many bytes a body in a process may allocate. `timeout_us` limits each attempt,
    `deadline_us` and `expires_us` count from submit; None is no limit. `place` says where the function is
    written. `needs` is what its jobs ask of their worker, the version to which `pinned` ones are bound aside.
    """

    name: str
    version: str
    queue: str
    handler: Handler
    takes_context: bool
    mode: Mode
    payload: PayloadType
    result: ResultType
    retry: Retry
    replay: Replay | None
    max_crashes: int
    timeout_us: int | None
    deadline_us: int | None
    expires_us: int | None
    priority: int
    dedupe: Literal["content"] | None
    memory: int | None
    needs: Needs
    pinned: bool
    children: Children
    owner: str
    runbook: str
    labels: Mapping[str, str]
    place: str


class DefinitionText(NamedTuple):
    """A definition as it is stored: `schema` and `policies` are JSON texts."""

    name: str
    version: str
    queue: str
    schema: str
    policies: str
    owner: str
    runbook: str


def define(function: Handler, /, **options: Unpack[DefinitionOptions]) -> JobDefinition:
    """Make a job definition of a function or coroutine function.

    Raises ConfigError that lists every fault of the function and of the options.
    """
    name = options.setdefault("name", getattr(function, "__name__", ""))
    place = _place(function)
    faults = option_faults(options)
    definition = None
    try:
        _require_function(function)
        signature = read_signature(function)
        types = PayloadType(name, signature), ResultType(name, signature.returns)
        definition = None if faults else _built(function, options, signature, types, place)
    except InvalidInput as error:
        faults.append(str(error))
    if definition is None:
        raise ConfigError([f"job {name!r} at {place}: {fault}" for fault in faults])
    return definition


def policies_json(definition: JobDefinition) -> str:
    """Return what a submitter or a rescuer without this code needs, as a JSON text."""
    policies = {
        **definition.retry.stored(),
        "max_crashes": definition.max_crashes,
        "timeout_us": definition.timeout_us,
        "deadline_us": definition.deadline_us,
        "expires_us": definition.expires_us,
        "priority": definition.priority,
        "dedupe": definition.dedupe,
        "labels": dict(definition.labels),
        # Left out where there is none, so that the versions of definitions without one stay.
        **({"replay": definition.replay.stored()} if definition.replay else {}),
        # Left out elsewhere, where it follows from the code or is not so: a version is a hash of this text.
        **({"mode": "process", "memory": definition.memory} if definition.mode == "process" else {}),
        **definition.needs.plain(),
        **({"pinned": True} if definition.pinned else {}),
        **({"children": asdict(definition.children)} if definition.children != Children() else {}),
        **({"result": definition.result.secret_schema} if definition.result.secret_schema else {}),
    }
    return dump_json(policies).decode()


def stored(definition: JobDefinition) -> DefinitionText:
    """Return the definition as it is stored."""
    return DefinitionText(
        definition.name,
        definition.version,
        definition.queue,
        dump_json(definition.payload.schema).decode(),
        policies_json(definition),
        definition.owner,
        definition.runbook,
    )


def _built(
    function: Handler,
    options: DefinitionOptions,
    signature: Signature,
    types: tuple[PayloadType, ResultType],
    place: str,
) -> JobDefinition:
    definition = JobDefinition(
        name=options["name"],
        version=options.get("version", ""),
        queue=options.get("queue", DEFAULT_QUEUE),
        handler=function,
        takes_context=signature.takes_context,
        mode=_mode(function, options.get("mode")),
        payload=types[0],
        result=types[1],
        retry=options.get("retry", Retry()),
        replay=options.get("replay"),
        max_crashes=options.get("max_crashes", MAX_CRASHES),
        timeout_us=_micros(options.get("timeout")),
        deadline_us=_micros(options.get("deadline")),
        expires_us=_micros(options.get("expires")),
        priority=options.get("priority", 0),
        dedupe=options.get("dedupe"),
        memory=_memory(options.get("memory")),
        needs=Needs(amounts_of(options.get("resources") or {}), frozenset(options.get("tags") or ())),
        pinned=options.get("pinned", False),
        children=options.get("children", Children()),
        owner=options.get("owner", ""),
        runbook=options.get("runbook", ""),
        labels=MappingProxyType(dict(options.get("labels", {}))),
        place=place,
    )
    if not definition.version:
        configuration = dump_json([*stored(definition)]).decode()
        object.__setattr__(definition, "version", content_version(function, configuration))
    return definition


def _require_function(function: object) -> None:
    inner = inspect.unwrap(function) if callable(function) else function
    if not inspect.isroutine(function) or not hasattr(inner, "__code__"):
        raise InvalidInput(f"{function!r} is not a function; decorate a `def` or an `async def`")
    if inspect.isgeneratorfunction(inner) or inspect.isasyncgenfunction(inner):
        raise InvalidInput("a generator cannot be a job; return the result instead of yielding its parts")


def _mode(function: Handler, wanted: Mode | None) -> Mode:
    """Where the body runs. Raises InvalidInput where the function cannot run there."""
    natural = natural_mode(function)
    if wanted in {None, "process", natural}:
        return wanted or natural
    if wanted == "thread":
        raise InvalidInput("mode 'thread' is for plain functions; write `def`, or take mode='process'")
    raise InvalidInput("mode 'async' is for coroutine functions; write `async def`")


def _memory(value: Size | None) -> int | None:
    return None if value is None else memory_bytes(value)


def natural_mode(function: Handler) -> Mode:
    """Return where a function runs that says nothing of it."""
    return "async" if is_async(function) else "thread"


def is_async(function: Handler) -> bool:
    """Return whether a function is a coroutine function, also under its decorators."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(inspect.unwrap(function))


def _place(function: object) -> str:
    code = getattr(inspect.unwrap(function) if callable(function) else function, "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else repr(function)


def _micros(value: Duration | None) -> int | None:
    return None if value is None else micros(value)
