"""Why a JSON text or value is refused, and where: the slow path of `core.codec`."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable
from itertools import accumulate
from typing import Final

from beltline.core.errors import MalformedJson

MAX_DEPTH: Final = 200
LONGEST_INT: Final = 4_300
_HALF: Final = "holds half of a surrogate pair; send whole characters"
_SHOWN: Final = 40

_STRING: Final = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_BRACKETS: Final = re.compile(_STRING + rb"|[\[\]{}]", re.DOTALL)
_NUMBERS: Final = re.compile(_STRING + rb"|(-?\d[\d.eE+-]*|NaN|-?Infinity)", re.DOTALL)
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_]\w*")


def member(path: str, name: object) -> str:
    """Return the path of a member of what `path` names: `image.width`, `tags[0]`, `labels["a b"]`."""
    if isinstance(name, int):
        return f"{path}[{name}]"
    text = str(name)
    if not _PLAIN_NAME.fullmatch(text):
        return f"{path}[{json.dumps(text)}]"
    return f"{path}.{text}" if path else text


def refuse_depth(raw: bytes) -> None:
    """Raise MalformedJson where brackets, those inside strings left out, nest too deep."""
    found = (match.group() for match in _BRACKETS.finditer(raw))
    steps = (1 if part in {b"[", b"{"} else -1 if part in {b"]", b"}"} else 0 for part in found)
    if max(accumulate(steps), default=0) > MAX_DEPTH:
        raise MalformedJson(f"the JSON text is nested more than {MAX_DEPTH} levels deep; flatten it")


def explain_text(raw: bytes, error: ValueError | RecursionError) -> MalformedJson:
    """Return what to tell the sender of a text that the decoder refused with `error`."""
    if isinstance(error, UnicodeDecodeError):
        byte = f"byte {error.start} is {raw[error.start]:#04x}"
        return MalformedJson(f"the JSON text is not UTF-8: {byte}; encode it as UTF-8")
    if isinstance(error, json.JSONDecodeError):
        return _syntax(error)
    if isinstance(error, RecursionError):
        return MalformedJson(
            "the JSON text is nested deeper than the stack of this thread allows; flatten it"
        )
    return _number_fault(raw) or _repeated_name_fault(raw)


def explain_value(value: object) -> MalformedJson:
    """Return what to tell the maker of a value that the encoder refused."""
    path, what = value_fault(value) or ("", "its type is not one of JSON's")
    return MalformedJson(f"{path or 'the value'} is not JSON: {what}")


def value_fault(value: object, path: str = "", depth: int = MAX_DEPTH) -> tuple[str, str] | None:
    """Return the path of the first part that JSON cannot hold, and why; None where there is none."""
    if not isinstance(value, dict | list | tuple):
        what = _scalar_fault(value)
        return (path, what) if what else None
    if depth == 0:
        return path, f"it is nested more than {MAX_DEPTH} levels deep"
    for name, part in _members(value):
        if isinstance(value, dict) and (what := _name_fault(name)):
            return path, what
        if found := value_fault(part, member(path, name), depth - 1):
            return found
    return None


class _Repeated(dict[str, object]):
    """An object in which a name occurs twice."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        names = Counter(name for name, _ in pairs)
        self.name = next(name for name, times in names.items() if times > 1)


def _syntax(error: json.JSONDecodeError) -> MalformedJson:
    where = f"line {error.lineno}, column {error.colno}"
    return MalformedJson(
        f"this is not JSON: {error.msg} at {where}; send one JSON value and nothing after it"
    )


def _number_fault(raw: bytes) -> MalformedJson | None:
    for match in _NUMBERS.finditer(raw):
        token: bytes | None = match.group(1)
        what = token and _token_fault(token)
        if token and what:
            shown = token[:_SHOWN].decode() + ("…" if len(token) > _SHOWN else "")
            return MalformedJson(f"{shown} at byte {match.start(1)} {what}")
    return None


def _token_fault(token: bytes) -> str | None:
    digits = token.lstrip(b"-")
    if not digits[:1].isdigit():
        return "is not JSON; send null or leave the name out"
    if digits.isdigit():
        too_long = len(digits) > LONGEST_INT
        return f"has more than {LONGEST_INT:,} digits; send it as a string" if too_long else None
    try:
        fits = math.isfinite(float(token))
    except ValueError:
        return None  # not a number at all: the decoder says so better
    return None if fits else "is larger than a 64-bit float can hold; send it as a string"


def _repeated_name_fault(raw: bytes) -> MalformedJson:
    def keep(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        return found if len(found) == len(pairs) else _Repeated(pairs)

    try:
        value = json.loads(raw, object_pairs_hook=keep)
    except json.JSONDecodeError as error:
        return _syntax(error)
    path, name = _repeated(value, "") or ("", "")
    return MalformedJson(
        f"the name {member(path, name)} occurs more than once in one object; send each name once"
    )


def _repeated(value: object, path: str) -> tuple[str, str] | None:
    if isinstance(value, _Repeated):
        return path, value.name
    parts = ((part, member(path, name)) for name, part in _members(value))
    return next((found for part, where in parts if (found := _repeated(part, where))), None)


def _members(value: object) -> Iterable[tuple[object, object]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list | tuple) else ()


def _name_fault(name: object) -> str | None:
    if not isinstance(name, str):
        return f"the name {name!r} is not a string"
    return None if _is_unicode(name) else f"the name {name!r} {_HALF}"


def _scalar_fault(value: object) -> str | None:
    if isinstance(value, str):
        return None if _is_unicode(value) else f"it {_HALF}"
    if isinstance(value, float):
        return None if math.isfinite(value) else f"{value} is not a JSON number; use null"
    if value is None or isinstance(value, int):
        return _int_fault(value)
    kind = type(value).__qualname__
    return f"a {kind} is not a JSON value; use dict, list, str, int, float, bool or None"


def _int_fault(value: int | None) -> str | None:
    try:
        json.dumps(value)
    except ValueError:
        return f"the number has more than {LONGEST_INT:,} digits; use a string"
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
