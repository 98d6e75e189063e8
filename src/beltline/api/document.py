"""The OpenAPI 3.1 document, made from the table of operations: what is not there is not served."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from beltline.api import hooks
from beltline.api.examples import example_of
from beltline.api.operation import JSON, Operation
from beltline.api.service import SERVICE, ServiceRoute
from beltline.api.table import OPERATIONS
from beltline.wire.problems import MEDIA_TYPE, ProblemBody
from beltline.wire.triggers import ReceivedBody

_REF: Final = "#/components/schemas/{model}"
_PART: Final = re.compile(r"\{(\w+)\}")
_NAME: Final = "^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$"
_PARTS: Final = MappingProxyType(
    {
        "namespace": ("The tenant.", "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$", "default"),
        "job_id": (
            "A job's id; a slash in it is written %2F.",
            _NAME,
            "06f2k9",
        ),
        "action_id": ("A bulk action's id.", "^[A-Za-z0-9]{1,64}$", "06f2k9"),
        "key_id": ("An API key's id.", "^[A-Za-z0-9]{1,64}$", "06f2k9"),
        "worker_id": ("A session's id.", "^[A-Za-z0-9]{1,64}$", "06f2k9"),
        "subscription_id": ("A subscription's id.", "^[A-Za-z0-9]{1,64}$", "06f2k9"),
        "queue": ("A queue's name.", _NAME, "default"),
        "schedule": ("A schedule's name; a slash in it is written %2F.", _NAME, "nightly"),
        "trigger": ("A trigger's name; a slash in it is written %2F.", _NAME, "orders"),
        "backfill_id": ("A backfill's id.", "^[A-Za-z0-9]{1,64}$", "06f2k9"),
        "definition": ("A definition's name.", _NAME, "resize"),
        "workflow": ("A workflow's name.", "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$", "etl"),
        "name": ("An artifact's name.", "^.{1,256}$", "thumbnail.png"),
    }
)
_ALWAYS: Final = (401, 403, 422, 429, 503)
_WITH_BODY: Final = (400, 408, 413, 415)
_NOT_KEPT: Final = " Its answer is never kept for a repeated request."


@cache
def document() -> dict[str, Any]:
    """Return the document."""
    schemas, references = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        item = _operation(operation, schemas, references)
        paths.setdefault(operation.full_path, {})[operation.method.lower()] = item
    paths[hooks.PATH] = {"post": _hook(schemas, references)}
    for route in SERVICE:
        paths[route.path] = {"get": _service(route)}
    queries = {operation.query.__name__ for operation in OPERATIONS}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Beltline",
            "version": version("beltline"),
            "description": "Jobs over HTTP. Errors are RFC 9457 problems with a stable `code`.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"api_key": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for operation in OPERATIONS)],
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in schemas.items() if name not in queries},
            "securitySchemes": {
                "api_key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`beltline api-key create` makes one.",
                }
            },
        },
    }


def _schemas() -> tuple[dict[str, Any], dict[object, Any]]:
    """Return the components, and for each type that an operation names the schema that refers to them."""
    asked: dict[object, tuple[Any, JsonSchemaMode]] = {
        "problem": (ProblemBody, "serialization"),
        "received": (ReceivedBody, "serialization"),
    }
    for operation in OPERATIONS:
        asked[operation.query] = operation.query, "validation"
        if operation.body is not None:
            asked[operation.body] = operation.body, "validation"
        if operation.answered.type is not None:
            asked[operation.answered.type] = operation.answered.type, "serialization"
    inputs: list[tuple[Any, JsonSchemaMode, TypeAdapter[Any]]] = [
        (key, mode, TypeAdapter(kind)) for key, (kind, mode) in asked.items()
    ]
    found, rest = TypeAdapter.json_schemas(inputs, ref_template=_REF)
    return rest["$defs"], {key: schema for (key, _), schema in found.items()}


def _operation(
    operation: Operation, schemas: dict[str, Any], references: dict[object, Any]
) -> dict[str, Any]:
    item: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": f"Needs the right `{operation.right.value}`."
        + ("" if operation.replayable else _NOT_KEPT),
        "parameters": [*_path_parameters(operation.full_path), *_query_parameters(operation.query, schemas)],
        "responses": _responses(operation, schemas, references),
    }
    if operation.method == "POST" and operation.replayable:
        item["parameters"].append(_repeated())
    if operation.body is not None:
        content: dict[str, Any] = {"schema": references[operation.body]}
        if operation.example is not None:
            content["example"] = operation.example
        item["requestBody"] = {"required": True, "content": {JSON: content}}
    return item


def _path_parameters(path: str) -> Iterator[dict[str, Any]]:
    for name in _PART.findall(path):
        what, pattern, example = _PARTS[name]
        schema = {"type": "string", "pattern": pattern}
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": what,
            "schema": schema,
            "example": example,
        }


def _query_parameters(query: type[BaseModel], schemas: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, schema in schemas[query.__name__].get("properties", {}).items():
        plain = {key: value for key, value in schema.items() if key not in {"title", "description"}}
        variants = [part for part in plain.pop("anyOf", []) if part != {"type": "null"}]
        if variants:
            plain.pop("default", None)
            plain.update(variants[0] if len(variants) == 1 else {"anyOf": variants})
        parameter = {"name": name, "in": "query", "required": False, "schema": plain}
        if "description" in schema:
            parameter["description"] = schema["description"]
        yield parameter


def _responses(
    operation: Operation, schemas: dict[str, Any], references: dict[object, Any]
) -> dict[str, Any]:
    answered = operation.answered
    success: dict[str, Any] = {"description": answered.what}
    if answered.type is not None:
        schema = references[answered.type]
        example = example_of(schema, schemas) if answered.example is None else answered.example
        success["content"] = {answered.media: {"schema": schema, "example": example}}
    elif answered.media.startswith("text/"):
        success["content"] = {answered.media: {"schema": {"type": "string"}}}
    elif answered.media != JSON:
        success["content"] = {answered.media: {"schema": {"type": "string", "format": "binary"}}}
    found = {str(answered.status): success}
    if answered.status == HTTPStatus.CREATED:
        found["200"] = {**success, "description": "It existed already, or is answered again."}
    statuses: Sequence[int] = (*_ALWAYS, *(_WITH_BODY if operation.body else ()), *operation.refusals)
    if operation.method == "POST" and operation.replayable:
        statuses = (*statuses, 409)
    for status in sorted(set(statuses)):
        found[str(status)] = _problem(status, references)
    return found


def _problem(status: int, references: dict[object, Any]) -> dict[str, Any]:
    what = HTTPStatus(status).phrase
    if status == HTTPStatus.NOT_MODIFIED:
        return {"description": f"{what}: what the client has is still true."}
    return {"description": what, "content": {MEDIA_TYPE: {"schema": references["problem"]}}}


def _hook(schemas: dict[str, Any], references: dict[object, Any]) -> dict[str, Any]:
    """Return the operation that needs no API key, and tells strangers nothing."""
    schema = references["received"]
    content = {JSON: {"schema": schema, "example": example_of(schema, schemas)}}
    received = {"description": "A job was made.", "content": content}
    return {
        "operationId": "receive_call",
        "tags": ["triggers"],
        "summary": "Call a webhook; its signature or key is in the header that the trigger names.",
        "security": [],
        "parameters": list(_path_parameters(hooks.PATH)),
        "requestBody": {"required": True, "content": {JSON: {"schema": {}, "example": {"id": 7}}}},
        "responses": {
            "201": received,
            "200": {**received, "description": "An equal call made the job before, or no job is made."},
            **{str(status): _problem(status, references) for status in hooks.REFUSALS},
        },
    }


def _service(route: ServiceRoute) -> dict[str, Any]:
    item: dict[str, Any] = {
        "operationId": route.name,
        "tags": ["service"],
        "summary": route.summary,
        "responses": {
            str(status): {"description": HTTPStatus(status).phrase, "content": {route.media: {}}}
            for status in route.statuses
        },
    }
    if not route.needs_key:
        item["security"] = []
    return item


def _repeated() -> dict[str, Any]:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "For 24 h the same key gets the first answer again; with another request 409.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 256, "pattern": "^[!-~]+$"},
    }
