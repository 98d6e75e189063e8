"""Examples of answers, made from their schemas: names that say what they are get values that look like it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

_ID: Final = "06f2k9w3x5y7z1a2b3c4d5e6f7"
_TIME: Final = "2026-11-28T12:00:00.000000Z"
_DEEPEST: Final = 12
_TEXTS: Final = MappingProxyType(
    {
        "actor": "api-key:ci:06f2k9w3x5y7",
        "definition": "resize",
        "error": "the disk is full",
        "fingerprint": "3f9a0c11d2be",
        "handler": "shop.jobs:resize",
        "kind": "webhook",
        "message": "resized",
        "name": "resize",
        "namespace": "default",
        "owner": "media",
        "queue": "default",
        "reason": "returned",
        "schedule": "nightly",
        "state": "succeeded",
        "summary": "it is waiting: it waits for other jobs to end",
        "trigger": "orders",
        "url": "https://shop.example/hooks",
        "version": "h3c1af6f7df60",
        "workflow": "welcome",
    }
)
_IDS: Final = ("id", "job", "parent", "root", "session", "job_id", "run_id", "worker")


def example_of(
    schema: Mapping[str, Any], components: Mapping[str, Any], name: str = "", depth: int = 0
) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value that fits a schema, whose references lead into `components`."""
    if "$ref" in schema:
        target = str(schema["$ref"]).rpartition("/")[2]
        return example_of(components[target], components, name, depth + 1)
    for given in ("const", "default"):
        if schema.get(given) is not None:
            return schema[given]
    if "examples" in schema or "enum" in schema:
        return (schema.get("examples") or schema["enum"])[0]
    if "anyOf" in schema:
        parts = [part for part in schema["anyOf"] if part != {"type": "null"}]
        is_endless = depth > _DEEPEST and {"type": "null"} in schema["anyOf"]
        return None if is_endless else example_of(parts[0], components, name, depth + 1)
    return _of_type(schema, components, name, depth)


def _of_type(schema: Mapping[str, Any], components: Mapping[str, Any], name: str, depth: int) -> Any:  # noqa: ANN401 - any JSON value
    kind = schema.get("type")
    if kind == "object":
        return {
            key: example_of(part, components, key, depth + 1)
            for key, part in schema.get("properties", {}).items()
        }
    if kind == "array":
        items = schema.get("items") or {}
        is_plain = not items or depth > _DEEPEST
        return [] if is_plain else [example_of(items, components, name.removesuffix("s"), depth + 1)]
    if kind == "string":
        return _text(name)
    if kind == "integer":
        return max(1, int(schema.get("minimum", 1)))
    return {"number": 0.5, "boolean": False, "null": None}.get(str(kind), {})


def _text(name: str) -> str:
    if name in _IDS:
        return _ID
    if name.endswith(("_at", "_until")) or name in {"at", "since", "until"}:
        return _TIME
    return _TEXTS.get(name, "text")
