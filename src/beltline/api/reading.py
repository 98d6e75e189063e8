"""Reading a request: its parameters and its body, bounded and strict, with every fault told at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from itertools import islice
from typing import Any, get_origin

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from beltline.api.operation import Operation
from beltline.api.settings import ServeSettings
from beltline.core.codec import parse_json
from beltline.core.json_faults import member
from beltline.wire.problems import MOST_FAULTS, Refused

_JSON_TYPES = frozenset({"application/json", ""})


class Unfit(Refused):
    """The query or the body is not what the operation takes. `value` is the body, parsed."""

    def __init__(self, faults: Sequence[tuple[str, str]], value: object) -> None:
        self.value = value
        told = "; ".join(": ".join(fault) for fault in faults[:5])
        super().__init__(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "request_invalid",
            f"the request was refused, nothing was done: {told}",
            faults=faults,
        )

    def beside(self, further: Sequence[tuple[str, str]]) -> Unfit:
        """Return the same with more faults, each told once."""
        return Unfit(list(dict.fromkeys((*self.faults, *further))), self.value)


async def body_bytes(request: Request, settings: ServeSettings, *, limit: int | None = None) -> bytes:
    """Return the body of a request. Raises Refused where it is too large or does not come in time.

    `limit`: of this request, where it is less than that of all.
    """
    limit = settings.largest_body if limit is None else min(limit, settings.largest_body)
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(settings.body_seconds):
            async for piece in request.stream():
                size += len(piece)
                if size > limit:
                    raise _too_large(limit)
                pieces.append(piece)
    except TimeoutError as error:
        raise Refused(HTTPStatus.REQUEST_TIMEOUT, "body_late", "the body did not come in time") from error
    except ClientDisconnect as error:
        raise Refused(HTTPStatus.BAD_REQUEST, "body_cut", "the connection ended within the body") from error
    return b"".join(pieces)


def read(operation: Operation, request: Request, data: bytes, limit: int) -> tuple[BaseModel, Any]:
    """Return the query and the body. Raises Unfit that lists every fault of both, and MalformedJson."""
    faults: list[tuple[str, str]] = []
    asked = _query_values(operation.query, request) if request.scope["query_string"] else {}
    query = _valid(operation.query, asked, "query", faults)
    body = value = None
    if operation.body is not None:
        _require_json(request)
        value = parse_json(data, limit=limit) if data else {}
        body = _valid(operation.body, value, "", faults)
    if faults or query is None:
        raise Unfit(faults, value)
    return query, body


def _valid(
    model: type[BaseModel], value: object, place: str, faults: list[tuple[str, str]]
) -> BaseModel | None:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults.extend(islice(_faults(error, place), MOST_FAULTS))
        return None


def _query_values(model: type[BaseModel], request: Request) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in request.query_params:
        values = request.query_params.getlist(name)
        field = model.model_fields.get(name)
        many = field is not None and get_origin(field.annotation) is list
        if many or len(values) > 1:
            found[name] = values
        else:
            found[name] = values[0]
    return found


def _faults(error: ValidationError, place: str) -> Iterator[tuple[str, str]]:
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        path = place
        for step in fault["loc"]:
            # Steps into the members of a union name types, not places.
            if isinstance(step, int) or step.replace("_", "").isalnum():
                path = member(path, step)
        yield path, fault["msg"]


def _require_json(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _JSON_TYPES:
        raise Refused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "media_type_unsupported",
            f"the body is {kind[:100]}; send application/json",
        )


def _too_large(limit: int) -> Refused:
    return Refused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body_too_large",
        f"the body has more than {limit:,} bytes; send less at once",
    )
