"""The service as an ASGI application: the table's routes, those of the service, and what wraps them all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final
from urllib.parse import unquote

from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

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


def make_app(desk: Desk) -> Application:
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
                _Answering(endpoint(desk, operation)),
                methods=[operation.method],
                name=operation.name,
            )
            for operation in OPERATIONS
        ),
        Route(HOOK_PATH, receiving(desk), methods=["POST"], name="receive_call"),
        *(
            Route(route.path, _Answering(plain[route.name]), methods=["GET"], name=route.name)
            for route in SERVICE
        ),
    ]
    app: Asgi = Router(routes=routes)
    if desk.settings.cors:
        app = CORSMiddleware(
            app,
            allow_origins=list(desk.settings.cors),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-None-Match"],
            expose_headers=["ETag", "Location", "Retry-After"],
        )
    return Application(app, routes, desk=desk, meters=meters)


class _Answering:
    """A handler as an ASGI application: it raises nothing, so Starlette need not wrap it to catch that."""

    def __init__(self, handle: Callable[[Request], Awaitable[Response]]) -> None:
        self._handle = handle

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        response = await self._handle(Request(scope, receive, send))
        await response(scope, receive, send)


class Application:
    """The routes, and what every request gets: slashes kept in paths, secure headers, a count and a time.

    A path that no route has is told as a problem.
    """

    def __init__(self, app: Asgi, routes: Sequence[Route], *, desk: Desk, meters: Meters) -> None:
        self.routes = routes
        self._app = app
        self._clock = desk.clock
        self._meters = meters

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request."""
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

        # With an application in the scope, the router raises for a path that it does not know.
        scope["app"] = self
        begun = self._clock.monotonic()
        self._meters.begin()
        try:
            await self._app(scope, receive, sending)
        except HTTPException as error:
            await _no_route(error)(scope, receive, sending)
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


def _no_route(error: HTTPException) -> Response:
    status = HTTPStatus(error.status_code)
    codes = {HTTPStatus.NOT_FOUND: "route_unknown", HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed"}
    found = refusal(
        Refused(status, codes.get(status, "request_invalid"), "see /openapi.json for what is served")
    )
    if error.headers:
        found.headers.update(error.headers)
    return found
