"""The service as an ASGI application: the table's routes, those of the service, and what wraps them all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from beltline.api.answering import answer, refusal
from beltline.api.desk import Desk
from beltline.api.document import document
from beltline.api.door import endpoint
from beltline.api.health import Meters, health, metrics, readiness
from beltline.api.hooks import PATH as HOOK_PATH, receiving
from beltline.api.service import SERVICE
from beltline.api.table import OPERATIONS
from beltline.core.clock import MICROS
from beltline.wire.problems import Refused

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'self'; frame-ancestors 'none'; base-uri 'none'"),
)
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000")
_PAGES: Final = (
    ("docs", "docs.html", "text/html"),
    ("docs_script", "docs.js", "text/javascript"),
    ("docs_style", "docs.css", "text/css"),
)


def make_app(desk: Desk) -> Starlette:
    """Return the application; whoever runs it opens the store first and closes the desk afterwards."""
    meters = Meters()
    plain: Mapping[str, Any] = {
        "health": health,
        "readiness": readiness(desk),
        "metrics": metrics(desk, meters),
        "document": _document,
        **{name: _page(file, media) for name, file, media in _PAGES},
    }
    routes = [
        *(
            Route(
                operation.full_path,
                endpoint(desk, operation),
                methods=[operation.method],
                name=operation.name,
            )
            for operation in OPERATIONS
        ),
        Route(HOOK_PATH, receiving(desk), methods=["POST"], name="receive_call"),
        *(Route(route.path, plain[route.name], methods=["GET"], name=route.name) for route in SERVICE),
    ]
    middleware = [Middleware(_Wrapping, desk=desk, meters=meters)]
    if desk.settings.cors:
        middleware.append(
            Middleware(
                CORSMiddleware,
                allow_origins=list(desk.settings.cors),
                allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-None-Match"],
                expose_headers=["ETag", "Location", "Retry-After"],
            )
        )
    return Starlette(routes=routes, middleware=middleware, exception_handlers={HTTPException: _no_route})


class _Wrapping:
    """What every request gets: escaped slashes kept in paths, secure headers, a count and a time."""

    def __init__(self, app: Asgi, desk: Desk, meters: Meters) -> None:
        self._app = app
        self._clock = desk.clock
        self._meters = meters

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # A slash within an id is written %2F; unescaped here already, it would end the id.
        raw = scope.get("raw_path") or scope["path"].encode()
        scope["path"] = unquote(raw.decode("latin-1").replace("%2f", "%2F").replace("%2F", "%252F"))
        extra = [*_HEADERS, *((_HSTS,) if scope.get("scheme") == "https" else ())]
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *extra]
            await send(message)

        begun = self._clock.monotonic()
        self._meters.begin()
        try:
            await self._app(scope, receive, sending)
        finally:
            # Of the matched route: names of paths that nobody serves would be a label each.
            name = getattr(scope.get("route"), "name", None) or "unknown"
            self._meters.end(name, status, (self._clock.monotonic() - begun) / MICROS)


async def _document(_: Request) -> Response:
    return answer(document(), headers={"Cache-Control": "public, max-age=300"})


def _page(file: str, media: str) -> Callable[[Request], Awaitable[Response]]:
    content = (files("beltline.api") / "pages" / file).read_bytes()

    async def handle(_: Request) -> Response:
        return Response(content, headers={"Cache-Control": "public, max-age=300"}, media_type=media)

    return handle


async def _no_route(_: Request, error: Exception) -> Response:
    status = HTTPStatus(error.status_code) if isinstance(error, HTTPException) else HTTPStatus.BAD_REQUEST
    codes = {HTTPStatus.NOT_FOUND: "route_unknown", HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed"}
    found = refusal(
        Refused(status, codes.get(status, "request_invalid"), "see /openapi.json for what is served")
    )
    if isinstance(error, HTTPException) and error.headers:
        found.headers.update(error.headers)
    return found
