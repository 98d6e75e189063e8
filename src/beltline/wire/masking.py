"""Masking what a schema marks as secret: `writeOnly` or the format `password`, as SecretStr does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

MASK: Final = "***"
_PARTS: Final = ("anyOf", "oneOf", "allOf")
_DEEPEST: Final = 64


def masked_value(value: object, schema: str) -> object:
    """Return a value with asterisks in place of every part that its JSON Schema marks as secret."""
    root = json.loads(schema or "{}")
    return _masked(value, (root,), root, _DEEPEST) if isinstance(root, dict) else value


def _masked(value: Any, schemas: tuple[Any, ...], root: Any, depth: int) -> Any:  # noqa: ANN401 - any JSON value
    found = [part for schema in schemas for part in _alternatives(schema, root, depth)]
    if depth == 0 or any(part.get("writeOnly") is True or part.get("format") == "password" for part in found):
        return MASK
    if isinstance(value, dict):
        return {
            name: _masked(part, tuple(_members(found, name)), root, depth - 1) for name, part in value.items()
        }
    if isinstance(value, list):
        items = tuple(part["items"] for part in found if isinstance(part.get("items"), dict))
        return [_masked(part, items, root, depth - 1) for part in value]
    return value


def _members(schemas: list[dict[str, Any]], name: str) -> Iterator[object]:
    for schema in schemas:
        properties = schema.get("properties")
        if isinstance(properties, Mapping) and name in properties:
            yield properties[name]
        elif isinstance(schema.get("additionalProperties"), dict):
            yield schema["additionalProperties"]


def _alternatives(schema: Any, root: Any, depth: int) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any JSON value
    """The schema itself and all that it may stand for."""
    if not isinstance(schema, dict) or depth == 0:
        return
    yield schema
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/"):
        target = root
        for step in reference[2:].split("/"):
            target = (
                target.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(target, dict) else None
            )
        yield from _alternatives(target, root, depth - 1)
    for parts in _PARTS:
        for part in schema.get(parts) or ():
            yield from _alternatives(part, root, depth - 1)
