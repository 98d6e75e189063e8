"""Viewing payloads and results: a right of its own, audited, and without what the schema marks as secret."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final, Literal

from beltline.api.operation import Call
from beltline.core.job import Job
from beltline.core.roles import Right
from beltline.engine.objects import whole_bytes
from beltline.store.params import AuditEntry
from beltline.wire.masking import masked_value, schemas_of
from beltline.wire.problems import Refused
from beltline.wire.shapes import value_of

_RIGHTS: Final = (("payload", Right.VIEW_PAYLOADS), ("result", Right.VIEW_RESULTS))


async def view(call: Call[Any, Any], job: Job, what: Literal["payload", "result"]) -> object:
    """Return the payload or result of a job and note who saw it. Raises Refused."""
    if not call.caller.may(dict(_RIGHTS)[what]):
        raise Refused(
            HTTPStatus.FORBIDDEN,
            "forbidden",
            f"an API key of role {call.caller.key.role} cannot view a {what}",
        )
    data = job.payload if what == "payload" else job.result
    if data is None:
        return None
    store = call.desk.store
    entry = AuditEntry(actor=call.actor, action=f"job.view_{what}", target=f"job/{job.id}")
    await store.audit.append(call.namespace, [entry], store.now())
    value = value_of(await whole_bytes(store, data))
    return await masked(call, job.definition, value, result=what == "result")


async def view_payload(call: Call[Any, Any], definition: str, data: bytes, target: str) -> object:
    """Return the payload that something gives to jobs of a definition and note who saw it. Raises Refused."""
    if not call.caller.may(Right.VIEW_PAYLOADS):
        raise Refused(
            HTTPStatus.FORBIDDEN,
            "forbidden",
            f"an API key of role {call.caller.key.role} cannot view a payload",
        )
    store = call.desk.store
    entry = AuditEntry(actor=call.actor, action=f"{target.partition('/')[0]}.view_payload", target=target)
    await store.audit.append(call.namespace, [entry], store.now())
    return await masked(call, definition, value_of(data))


async def masked(call: Call[Any, Any], definition: str, value: object, *, result: bool = False) -> object:
    """Return a payload, or a result, without what the schema of its definition marks as secret."""
    schemas = await schemas_of(call.desk.store, call.namespace, definition)
    return masked_value(value, schemas.result if result else schemas.payload)
