"""Answers: JSON bodies, problems, and the marks by which a client sees that nothing changed."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from beltline.core.errors import BeltlineError
from beltline.wire.problems import MEDIA_TYPE, problem_of, retry_after_of, status_of

_NO_STORE: Final = "no-store"


def answer(data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON answer that no cache keeps."""
    return Response(
        _encoded(data),
        status,
        {"Cache-Control": _NO_STORE, **(headers or {})},
        media_type="application/json",
    )


def nothing() -> Response:
    """Return an answer without a body."""
    return Response(status_code=HTTPStatus.NO_CONTENT)


def tagged(request: Request, data: object) -> Response:
    """Return a JSON answer with an ETag, or only say that what the client has is still true."""
    body = _encoded(data)
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
    known = request.headers.get("if-none-match", "")
    if tag in {part.strip().removeprefix("W/") for part in known.split(",")}:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def listed(items: list[object], *, cursor: object = None, total: int | None = None) -> dict[str, object]:
    """Return a page of a list; without `total` the items are all there are."""
    return {"items": items, "next": cursor, "total": len(items) if total is None else total}


def refusal(error: BeltlineError) -> Response:
    """Return the problem that an error is."""
    status = status_of(error)
    headers = {"Cache-Control": _NO_STORE}
    after = retry_after_of(error)
    if after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(after)))
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="beltline"'
    return Response(_encoded(problem_of(error)), status, headers, media_type=MEDIA_TYPE)


def _encoded(data: object) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
