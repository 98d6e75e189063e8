"""The JSON that Beltline accepts and writes: strict and bounded. `json_faults` explains what is refused."""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import Final, NoReturn, cast

from beltline.core.errors import MalformedJson, PayloadTooLarge
from beltline.core.json_faults import MAX_DEPTH, explain_text, explain_value, refuse_depth

PAYLOAD_LIMIT: Final = 1_048_576

_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_SCALARS: Final = frozenset({str, int, float, bool, type(None)})


def parse_json(data: bytes | str, *, limit: int = PAYLOAD_LIMIT) -> object:
    """Return the value of a JSON text of at most `limit` bytes.

    Raises PayloadTooLarge, or MalformedJson for anything but UTF-8 JSON with unique names, numbers that a
    float can hold, paired surrogates and a depth of at most 200.
    """
    raw = data if isinstance(data, bytes) else _encode(data)
    if len(raw) > limit:
        raise PayloadTooLarge("the JSON text", len(raw), limit)
    # Fewer brackets than the depth allowed cannot be too deep; only the others are counted properly.
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
        refuse_depth(raw)
    try:
        value: object = _DECODER.decode(raw.decode())
    except (ValueError, RecursionError) as error:
        raise explain_text(raw, error) from error
    if _SURROGATE.search(raw):
        _refuse_surrogates(value)
    return value


def check_json(data: bytes, *, limit: int = PAYLOAD_LIMIT) -> None:
    """Raise what `parse_json` would raise."""
    parse_json(data, limit=limit)


def dump_json(value: object) -> bytes:
    """Return a JSON value as compact UTF-8, names in the order given.

    Raises MalformedJson, naming the path, for what JSON cannot hold: other types, names that are no strings,
    NaN, lone surrogates, more than 200 levels.
    """
    try:
        if type(value) in _SCALARS or _is_plain(value, MAX_DEPTH):
            return _ENCODER.encode(value).encode()
    except (TypeError, ValueError) as error:
        raise explain_value(value) from error
    raise explain_value(value)


def payload_hash(data: bytes) -> bytes:
    """Return the 16 bytes by which payloads are compared: of a hash that PostgreSQL can compute, too."""
    return hashlib.sha256(data).digest()[:16]


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("repeated name")
    return found


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("number out of range")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant
)
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _encode(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        where = f"character {error.start}"
        raise MalformedJson(
            f"the JSON text holds half of a surrogate pair at {where}; send whole characters"
        ) from error


def _refuse_surrogates(value: object) -> None:
    try:
        _ENCODER.encode(value).encode()
    except UnicodeEncodeError as error:
        raise explain_value(value) from error


def _is_plain(value: object, depth: int) -> bool:
    """Say whether all names are strings and the depth is bounded: what the encoder would bend or die of."""
    if depth == 0:
        return not isinstance(value, dict | list | tuple)
    if isinstance(value, dict):
        for name, part in cast("dict[object, object]", value).items():
            if not isinstance(name, str) or (type(part) not in _SCALARS and not _is_plain(part, depth - 1)):
                return False
    elif isinstance(value, list | tuple):
        for part in cast("list[object]", value):
            if type(part) not in _SCALARS and not _is_plain(part, depth - 1):
                return False
    return True
