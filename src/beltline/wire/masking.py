"""Masking what a schema marks as secret."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from beltline.definitions.secret import MASK, is_secret

# Which of them holds is not looked at: what any of them marks is masked.
_LISTED: Final = ("anyOf", "oneOf", "allOf")
_SINGLE: Final = ("if", "then", "else")
_DEEPEST: Final = 64


def masked_value(value: object, schema: str) -> object:
    """Return a value with asterisks in place of every part that its JSON Schema marks as secret."""
    root = json.loads(schema or "{}")
    return _masked(value, (root,), root, _DEEPEST) if isinstance(root, dict) else value


def _masked(value: Any, schemas: tuple[Any, ...], root: Any, depth: int) -> Any:  # noqa: ANN401 - any JSON value
    found = [part for schema in schemas for part in _alternatives(schema, root, depth)]
    if depth == 0 or any(map(is_secret, found)):
        return MASK
    if isinstance(value, dict):
        return {
            name: _masked(part, tuple(_members(found, name)), root, depth - 1) for name, part in value.items()
        }
    if isinstance(value, list):
        return [
            _masked(part, tuple(_items(found, index)), root, depth - 1) for index, part in enumerate(value)
        ]
    return value


def _members(schemas: list[dict[str, Any]], name: str) -> Iterator[object]:
    for schema in schemas:
        properties = schema.get("properties")
        patterns = schema.get("patternProperties")
        if isinstance(patterns, Mapping):
            # Whether a name fits one is not looked at: too much is masked rather than too little.
            yield from patterns.values()
        if isinstance(properties, Mapping) and name in properties:
            yield properties[name]
        else:
            yield schema.get("additionalProperties")


def _items(schemas: list[dict[str, Any]], index: int) -> Iterator[object]:
    for schema in schemas:
        first = schema.get("prefixItems")
        if isinstance(first, list) and index < len(first):
            yield first[index]
        else:
            yield schema.get("items")


def _alternatives(schema: Any, root: Any, depth: int) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any JSON value
    """The schema itself and all that it may stand for."""
    if not isinstance(schema, dict) or depth == 0:
        return
    yield schema
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        yield from _alternatives(_target(reference[1:], root), root, depth - 1)
    for name in _LISTED:
        for part in schema.get(name) or ():
            yield from _alternatives(part, root, depth - 1)
    for name in _SINGLE:
        yield from _alternatives(schema.get(name), root, depth - 1)


def _target(pointer: str, root: Any) -> Any:  # noqa: ANN401 - any JSON value
    target = root
    for step in pointer.split("/")[1:]:
        name = unquote(step).replace("~1", "/").replace("~0", "~")
        target = target.get(name) if isinstance(target, dict) else None
    return target
