"""The public endpoint of webhooks: no API key, but the trigger's own signature or key."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from beltline.api.answering import answer, refusal
from beltline.api.desk import Desk
from beltline.api.reading import body_bytes
from beltline.core.errors import BeltlineError, Forbidden, NotFound
from beltline.engine import triggers
from beltline.engine.events import LARGEST_BODY
from beltline.engine.secret_places import SecretMissing
from beltline.wire.problems import Refused
from beltline.wire.triggers import ReceivedBody

PATH: Final = "/hooks/{namespace}/{trigger}"
REFUSALS: Final = (400, 403, 404, 408, 409, 413, 422, 429, 503)
# Until a call has shown the secret it is answered alike, whether there is such a trigger or not.
_STRANGER: Final = (
    "this call bears no good signature or key, or nothing takes calls here; nothing was stored:"
    " look at the trigger's `header`, `prefix` and secret"
)


def receiving(desk: Desk) -> Callable[[Request], Awaitable[Response]]:
    """Return the route of webhooks."""

    async def handle(request: Request) -> Response:
        try:
            return await _received(desk, request)
        except BeltlineError as error:
            return refusal(error)
        except Exception:
            logging.getLogger("beltline").exception("a webhook's call failed")
            return refusal(
                Refused(
                    HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "this is a fault of Beltline; see its log"
                )
            )

    return handle


async def _received(desk: Desk, request: Request) -> Response:
    address = request.client.host if request.client is not None else ""
    desk.hooks.spend(address)
    namespace, name = (request.path_params[part].replace("%2F", "/") for part in ("namespace", "trigger"))
    body = await body_bytes(request, desk.settings, limit=LARGEST_BODY)
    call = triggers.Call(dict(request.headers), body)
    await _require_genuine(desk, namespace, name, call)
    async with desk.tenant(namespace).depth.room(1):
        made = await triggers.receive(desk.store, namespace, name, call, random=desk.random)
    shape: ReceivedBody = {"id": made.job_id, "existing": made.existing, "held": made.held}
    is_new = made.job_id is not None and not made.existing
    return answer(shape, HTTPStatus.CREATED if is_new else HTTPStatus.OK)


async def _require_genuine(desk: Desk, namespace: str, name: str, call: triggers.Call) -> None:
    """Raise Refused, always in the same words, where a call has not shown the secret of a trigger."""
    try:
        await triggers.admit(desk.store, namespace, name, call, os.environ)
    except SecretMissing as error:
        logging.getLogger("beltline").warning("a call of trigger %s in %s: %s", name, namespace, error)
    except NotFound:
        # As much work as for a trigger that is there: neither words nor time tell which are.
        hmac.compare_digest(hmac.new(b"-", call.body, hashlib.sha256).hexdigest(), "0" * 64)
    except Forbidden:
        pass
    else:
        return
    raise Refused(HTTPStatus.FORBIDDEN, "forbidden", _STRANGER)
