"""A payload that fits a schema, for people to begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, cast

_DEEPEST: Final = 5
_VALUES: Final[Mapping[str, object]] = MappingProxyType(
    {"string": "text", "integer": 1, "number": 1.5, "boolean": True, "null": None}
)


def sample(schema: Mapping[str, Any]) -> object:
    """Return a value with what the schema requires; what it does not require is left out."""
    return _value(schema, schema, 0)


def _value(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> object:
    if depth > _DEEPEST:
        return None
    for name in ("const", "default"):
        if name in schema:
            return schema[name]
    if schema.get("enum"):
        return schema["enum"][0]
    if "$ref" in schema:
        return _value(_referred(schema["$ref"], root), root, depth + 1)
    for name in ("anyOf", "oneOf", "allOf"):
        if schema.get(name):
            return _value(cast("Sequence[Mapping[str, Any]]", schema[name])[0], root, depth + 1)
    return _typed(schema, root, depth)


def _typed(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> object:
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        properties = schema.get("properties", {})
        return {
            name: _value(properties.get(name, {}), root, depth + 1) for name in schema.get("required", ())
        }
    if kind == "array":
        if schema.get("prefixItems"):
            return [_value(item, root, depth + 1) for item in schema["prefixItems"]]
        items = schema.get("items")
        return [_value(items, root, depth + 1)] if isinstance(items, Mapping) else []
    if kind in {"integer", "number"}:
        return schema.get("minimum", _VALUES[str(kind)])
    return _VALUES.get(str(kind))


def _referred(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = root
    for part in reference.removeprefix("#/").split("/"):
        found = found.get(part, {}) if isinstance(found, Mapping) else {}
    return cast("Mapping[str, Any]", found)
