"""What a function says about its job: the payload's fields, the result's type, whether it wants a Context."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter
from typing import Any, Final, get_type_hints

from pydantic.fields import FieldInfo

from beltline.core.errors import InvalidInput
from beltline.definitions.context import Context, RunContext
from beltline.definitions.sync_context import SyncContext

REQUIRED: Final = Parameter.empty
_CONTEXTS: Final = (Context, SyncContext, RunContext)
_STARRED: Final = frozenset({Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD})


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter: its type and its default (REQUIRED where it has none)."""

    annotation: Any
    default: object


@dataclass(frozen=True, slots=True)
class Signature:
    """`positional` are the names that may be given by position; `returns` is None where nothing is said."""

    takes_context: bool
    fields: Mapping[str, Field]
    positional: tuple[str, ...]
    returns: object


def read_signature(function: Callable[..., object]) -> Signature:
    """Return what a function's signature says.

    The first parameter is the Context where it is annotated so or named `ctx`.
    Raises InvalidInput that lists every fault.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
        hints = get_type_hints(inspect.unwrap(function), include_extras=True)
    except (NameError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(
            f"the annotations cannot be read ({error}); they must be names that the module itself has"
        ) from error
    takes_context = bool(parameters) and (
        parameters[0].name == "ctx" or hints.get(parameters[0].name) in _CONTEXTS
    )
    parameters = parameters[takes_context:]
    faults = [fault for parameter in parameters if (fault := _fault(parameter, hints))]
    if faults:
        raise InvalidInput("; ".join(faults))
    return Signature(
        takes_context=takes_context,
        fields={parameter.name: Field(hints[parameter.name], parameter.default) for parameter in parameters},
        positional=tuple(
            parameter.name for parameter in parameters if parameter.kind is not Parameter.KEYWORD_ONLY
        ),
        returns=hints.get("return"),
    )


def _fault(parameter: Parameter, hints: Mapping[str, object]) -> str | None:
    name = parameter.name
    if parameter.kind in _STARRED:
        return (
            f"{parameter} takes any number of values; name each parameter, so that the payload has a schema"
        )
    if parameter.kind is Parameter.POSITIONAL_ONLY:
        return f"parameter {name!r} is positional only; payloads are names and values, so take the `/` away"
    if name not in hints:
        return f"parameter {name!r} has no type; annotate it, for instance `{name}: str`"
    if hints[name] in _CONTEXTS:
        return f"parameter {name!r} is a Context; it must come first"
    if isinstance(parameter.default, FieldInfo):
        return (
            f"parameter {name!r} has a Field as default; write `{name}: Annotated[..., Field(...)]` instead"
        )
    return None
