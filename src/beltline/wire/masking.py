"""Masking what a schema marks as secret."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from beltline.core.codec import dump_json
from beltline.core.job import Job
from beltline.definitions.secret import MASK, holds_secrets, is_secret
from beltline.objects.reference import is_reference
from beltline.store.contract import Store

# Which of them holds is not looked at: what any of them marks is masked.
_LISTED: Final = ("anyOf", "oneOf", "allOf")
_SINGLE: Final = ("if", "then", "else")
_DEEPEST: Final = 64


class Schemas(NamedTuple):
    """The JSON Schemas of a definition's payloads and results."""

    payload: str
    result: str


async def schemas_of(store: Store, namespace: str, definition: str) -> Schemas:
    """Return the schemas of a definition, such that mark nothing where it is gone."""
    found = await store.definitions.get(namespace, definition)
    if found is None:
        return Schemas("{}", "{}")
    return Schemas(found.schema, json.dumps(json.loads(found.policies).get("result")))


async def without_secrets(store: Store, namespace: str, jobs: Sequence[Job]) -> list[Job]:
    """Return jobs with asterisks in place of what is secret in their payloads and results.

    What lies in the object store is left as the reference that it is.
    """
    names = {job.definition for job in jobs}
    schemas = {name: await schemas_of(store, namespace, name) for name in names}
    return [
        job._replace(
            payload=_masked_bytes(job.payload, schemas[job.definition].payload),
            result=None if job.result is None else _masked_bytes(job.result, schemas[job.definition].result),
        )
        for job in jobs
    ]


def _masked_bytes(data: bytes, schema: str) -> bytes:
    if not data or is_reference(data) or not holds_secrets(json.loads(schema or "{}")):
        return data
    return dump_json(masked_value(json.loads(data), schema))


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
