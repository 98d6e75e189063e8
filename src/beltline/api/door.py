"""The door that every request passes: key, rate, right, body, parameters, handler, in this order."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from beltline.api.answering import refusal
from beltline.api.callers import Caller
from beltline.api.desk import Desk
from beltline.api.operation import Call, Operation
from beltline.api.reading import Unfit, body_bytes, read
from beltline.api.turnstile import LARGE
from beltline.core.errors import BeltlineError, Conflict
from beltline.store.answers import BeginAnswer
from beltline.store.params import AuditEntry
from beltline.wire.problems import Refused

_IDEMPOTENCY_KEY: Final = "idempotency-key"
_LONGEST_KEY: Final = 256
_INTERNAL: Final = "this is a fault of Beltline; the log of the service shows where"


class _Asked(NamedTuple):
    """A request that was let in and came whole."""

    operation: Operation
    request: Request
    caller: Caller
    namespace: str
    parts: dict[str, str]
    data: bytes


def endpoint(desk: Desk, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    """Return what answers the requests of an operation; it raises nothing."""

    async def handle(request: Request) -> Response:
        try:
            return await _answered(desk, operation, request)
        except BeltlineError as error:
            found = refusal(error)
            if operation.is_submit and found.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                await desk.turnstile.hold()
            if found.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
                logging.getLogger("beltline").exception("%s failed", operation.name)
            return found
        except Exception:
            logging.getLogger("beltline").exception("%s failed", operation.name)
            return refusal(
                Refused(
                    HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "this is a fault of Beltline; see its log"
                )
            )

    return handle


async def _answered(desk: Desk, operation: Operation, request: Request) -> Response:
    named = request.path_params["namespace"]
    caller = await desk.callers.of(request.headers.get("authorization"), named)
    desk.rate.spend(caller.key.id)
    # A path keeps the escape of a slash, so that an id may hold one: see `unescaped_slashes`.
    parts = {name: value.replace("%2F", "/") for name, value in request.path_params.items()}
    namespace = parts.pop("namespace")
    await _require(desk, caller, operation, namespace)
    data = await body_bytes(request, desk.settings)
    asked = _Asked(operation, request, caller, namespace, parts, data)
    if not operation.is_submit:
        desk.turnstile.note_other()
        return await _done_once(desk, asked)
    if len(data) > LARGE:
        return await _done_once(desk, asked)
    async with desk.turnstile.turn():
        # Before the body is parsed: in a flood most are refused here, at the expense of all others. A repeat
        # may have its first answer.
        if _IDEMPOTENCY_KEY not in request.headers:
            await desk.tenant(namespace).depth.require_room(1)
        return await _done_once(desk, asked)


async def _done_once(desk: Desk, asked: _Asked) -> Response:
    """Read what came whole, and do it; once where it bears an idempotency key."""
    operation, request, caller, namespace, parts, data = asked
    try:
        query, body = read(operation, request, data, desk.settings.largest_body)
    except Unfit as error:
        if operation.further is None:
            raise
        bare: Call[Any, Any] = Call(desk, caller, namespace, parts, None, None, request)
        raise error.beside(await operation.further(bare, error.value)) from error
    call = Call(desk, caller, namespace, parts, query, body, request)
    given = request.headers.get(_IDEMPOTENCY_KEY)
    if given is None or operation.method != "POST" or not operation.replayable:
        return await operation.handler(call)
    return await _once(call, operation, given, data)


async def _require(desk: Desk, caller: Caller, operation: Operation, namespace: str) -> None:
    """Raise Refused where the key is of another namespace or its role lacks the right; that is audited.

    The answer is the same whether the namespace exists or not.
    """
    if caller.key.namespace == namespace and caller.may(operation.right):
        return
    entry = AuditEntry(
        actor=caller.actor, action="denied", target=operation.name, reason=f"namespace {namespace[:63]}"
    )
    await desk.store.audit.append(caller.key.namespace, [entry], desk.store.now())
    raise Refused(
        HTTPStatus.FORBIDDEN,
        "forbidden",
        f"an API key of role {caller.key.role} in its own namespace cannot do this"
        if caller.key.namespace == namespace
        else "this API key belongs to another namespace",
    )


async def _once(call: Call[Any, Any], operation: Operation, given: str, data: bytes) -> Response:
    """Answer a request that carries an idempotency key: by doing it, or as the first time."""
    if not given or len(given) > _LONGEST_KEY or not given.isprintable():
        raise Refused(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "idempotency_key_invalid",
            f"Idempotency-Key: use 1 to {_LONGEST_KEY} printable characters",
        )
    asked = b"\0".join((operation.name.encode(), call.request.url.path.encode(), data))
    params = BeginAnswer(
        namespace=call.namespace,
        caller=call.caller.key.id,
        idempotency_key=given,
        request_hash=hashlib.blake2b(asked, digest_size=16).digest(),
        now=call.desk.store.now(),
    )
    answers = call.desk.store.answers
    earlier = await answers.begin(params)
    if earlier is not None:
        if earlier.request_hash != params.request_hash:
            raise Refused(
                HTTPStatus.CONFLICT,
                "idempotency_key_reused",
                "this Idempotency-Key belongs to another request; use a new one",
            )
        if earlier.status is None:
            raise Refused(
                HTTPStatus.CONFLICT, "in_progress", "the same request is being answered", retry_after=1
            )
        media = "application/json" if earlier.status < HTTPStatus.BAD_REQUEST else "application/problem+json"
        headers = {"Idempotent-Replayed": "true", "Cache-Control": "no-store"}
        return Response(earlier.body, earlier.status, headers, media_type=media)
    try:
        found = await _done(operation, call)
    except BaseException:
        await answers.forget(params)
        raise
    await answers.keep(params, found.status_code, bytes(found.body))
    return found


async def _done(operation: Operation, call: Call[Any, Any]) -> Response:
    """Do it; a conflict with what is stored is an answer too, which a repeat gets again."""
    try:
        return await operation.handler(call)
    except Conflict as error:
        return refusal(error)
