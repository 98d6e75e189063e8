"""What is wrong with a value, and where: the faults of a validation as (path, words) pairs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias, cast

import pydantic_core
from pydantic import ValidationError

from beltline.core.json_faults import MAX_DEPTH, member

Faults: TypeAlias = list[tuple[str, str]]

MISSING: Final = "is required and missing"
UNEXPECTED: Final = "is not a name that is known here; leave it out"
_ABSENT: Final = frozenset({"missing", "missing_argument", "missing_keyword_only_argument"})
_EXTRA: Final = frozenset({"extra_forbidden", "unexpected_keyword_argument"})


def faults_of(error: ValidationError, value: object) -> Faults:
    """Return every fault that pydantic found in `value`."""
    found: Faults = []
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        kind = fault["type"]
        named = kind in _ABSENT or kind in _EXTRA
        what = MISSING if kind in _ABSENT else UNEXPECTED if kind in _EXTRA else fault["msg"]
        pair = (_path(fault["loc"], value, named=named), what)
        if pair not in found:
            found.append(pair)
    return found


def unwritable(value: object, path: str = "", depth: int = MAX_DEPTH) -> tuple[str, str] | None:
    """Return the innermost part that cannot be written as JSON; None where each part can by itself."""
    try:
        pydantic_core.to_json(value, bytes_mode="base64")
    except ValueError as error:
        parts = _parts(value) if depth else ()
        what = str(error).removeprefix("Error serializing to JSON: ")
        inner = (unwritable(part, member(path, name), depth - 1) for name, part in parts)
        return next((found for found in inner if found), (path, what))
    return None


def not_finite(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Return a fault for each NaN and infinity in plain containers."""
    if isinstance(value, float):
        if not math.isfinite(value):
            yield path, f"{value} is not a JSON number; use None"
    elif isinstance(value, dict | list | tuple | set | frozenset):
        for name, part in _parts(value):
            yield from not_finite(part, member(path, name))


def _parts(value: object) -> Iterator[tuple[object, object]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list | tuple | set | frozenset):
        yield from enumerate(value)
    else:
        yield from getattr(value, "__dict__", {}).items()


def _path(loc: Sequence[int | str], value: object, *, named: bool) -> str:
    """Return the path of a location, without what pydantic adds: names of union branches and validators."""
    path, here = "", value
    for number, step in enumerate(loc):
        inside, part = _part(here, step)
        if inside or (named and number == len(loc) - 1):
            path, here = member(path, step), part
    return path


def _part(value: object, step: int | str) -> tuple[bool, object]:
    if isinstance(value, Mapping):
        found = cast("Mapping[object, object]", value)
        return step in found, found.get(step)
    if isinstance(step, int):
        if isinstance(value, list | tuple):
            return step < len(value), value[step] if step < len(value) else None
        return isinstance(value, set | frozenset), None
    return hasattr(value, step), getattr(value, step, None)
