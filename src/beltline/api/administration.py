"""The audit and the API keys of a namespace."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from beltline.api.answering import answer
from beltline.api.job_parts import LARGEST_SEQ
from beltline.api.listing import Limit
from beltline.api.operation import Answered, Call, Operation, Query
from beltline.core.roles import Right, Role
from beltline.engine.api_keys import MadeApiKey, create_api_key, revoke_api_key, rotate_api_key
from beltline.engine.audit import verify_audit
from beltline.wire.bodies import ApiKeyBody, AuditBody
from beltline.wire.requests import CreateApiKey, RotateApiKey
from beltline.wire.shapes import api_key_shape, audit_shape


class AuditList(TypedDict):
    """Entries, oldest first; `next` is the `after` of the following page."""

    items: list[AuditBody]
    next: int | None
    total: int


class AuditVerdict(TypedDict):
    """Whether the chain holds. `broken_at`: the first entry that is altered, moved or follows a removed one.

    `head` is the last hash: noted elsewhere, it also shows later that the end was cut off.
    """

    verified: bool
    entries: int
    broken_at: int | None
    head: str


class ApiKeyList(TypedDict):
    """All keys of the namespace, newest first."""

    items: list[ApiKeyBody]
    next: None
    total: int


class AuditQuery(Query):
    """Which entries."""

    after: Annotated[int, Field(ge=0, le=LARGEST_SEQ, description="Only entries after this id.")] = 0
    limit: Limit = 1_000


class WhyQuery(Query):
    """Why."""

    why: Annotated[str, Field(max_length=1_000)] = ""


async def list_audit(call: Call[AuditQuery, None]) -> Response:
    """List what was done, oldest first."""
    rows = await call.desk.store.audit.page(call.namespace, after=call.query.after, limit=call.query.limit)
    cursor = rows[-1].seq if len(rows) == call.query.limit else None
    return answer({"items": [audit_shape(row) for row in rows], "next": cursor, "total": len(rows)})


async def verify(call: Call[Query, None]) -> Response:
    """Follow the chain from its beginning."""
    found = await verify_audit(call.desk.store, call.namespace)
    shape: AuditVerdict = {
        "verified": found.broken_at is None,
        "entries": found.entries,
        "broken_at": found.broken_at,
        "head": found.head,
    }
    return answer(shape)


async def list_api_keys(call: Call[Query, None]) -> Response:
    """List the keys of the namespace."""
    now = call.desk.store.now()
    items = [api_key_shape(key, now) for key in await call.desk.store.api_keys.page(call.namespace)]
    return answer({"items": items, "next": None, "total": len(items)})


async def create(call: Call[Query, CreateApiKey]) -> Response:
    """Make a key of the namespace."""
    given = call.body
    made = await create_api_key(
        call.desk.store,
        call.namespace,
        Role(given.role),
        actor=call.actor,
        random=call.desk.random,
        name=given.name,
        definitions=None if given.definitions is None else tuple(given.definitions),
        expires=given.expires,
    )
    return answer(_with_token(call, made), 201)


async def rotate(call: Call[Query, RotateApiKey]) -> Response:
    """Make a key in place of another."""
    made = await rotate_api_key(
        call.desk.store,
        call.namespace,
        call.parts["key_id"],
        actor=call.actor,
        random=call.desk.random,
        overlap=call.body.overlap,
    )
    call.desk.callers.forget()
    return answer(_with_token(call, made), 201)


async def revoke(call: Call[WhyQuery, None]) -> Response:
    """End a key now."""
    store = call.desk.store
    key = await revoke_api_key(
        store, call.namespace, call.parts["key_id"], actor=call.actor, why=call.query.why
    )
    call.desk.callers.forget()
    return answer(api_key_shape(key, store.now()))


def _with_token(call: Call[Query, CreateApiKey] | Call[Query, RotateApiKey], made: MadeApiKey) -> ApiKeyBody:
    return {**api_key_shape(made.key, call.desk.store.now()), "key": made.token}


OPERATIONS: Final = (
    Operation(
        name="list_audit",
        method="GET",
        path="/audit",
        tag="audit",
        summary="List what operators did, oldest first.",
        right=Right.READ_AUDIT,
        handler=list_audit,
        query=AuditQuery,
        answered=Answered(type=AuditList, what="A page."),
    ),
    Operation(
        name="verify_audit",
        method="GET",
        path="/audit:verify",
        tag="audit",
        summary="Find any entry that was altered, removed or moved.",
        right=Right.READ_AUDIT,
        handler=verify,
        answered=Answered(type=AuditVerdict, what="The verdict."),
    ),
    Operation(
        name="list_api_keys",
        method="GET",
        path="/api-keys",
        tag="api-keys",
        summary="List the API keys of the namespace.",
        right=Right.MANAGE_KEYS,
        handler=list_api_keys,
        answered=Answered(type=ApiKeyList, what="All keys, without their tokens."),
    ),
    Operation(
        name="create_api_key",
        method="POST",
        path="/api-keys",
        tag="api-keys",
        summary="Make an API key. Its token is in this answer and nowhere else.",
        right=Right.MANAGE_KEYS,
        handler=create,
        body=CreateApiKey,
        example={"role": "submitter", "name": "shop"},
        answered=Answered(type=ApiKeyBody, status=201, what="The key with its token."),
        replayable=False,
    ),
    Operation(
        name="rotate_api_key",
        method="POST",
        path="/api-keys/{key_id}/rotate",
        tag="api-keys",
        summary="Make an API key in place of another, which works on for a while.",
        right=Right.MANAGE_KEYS,
        handler=rotate,
        body=RotateApiKey,
        example={"overlap": "24h"},
        answered=Answered(type=ApiKeyBody, status=201, what="The new key with its token."),
        refusals=(404, 409),
        replayable=False,
    ),
    Operation(
        name="revoke_api_key",
        method="DELETE",
        path="/api-keys/{key_id}",
        tag="api-keys",
        summary="End an API key now.",
        right=Right.MANAGE_KEYS,
        handler=revoke,
        query=WhyQuery,
        answered=Answered(type=ApiKeyBody, what="The key as it stands now."),
        refusals=(404,),
    ),
)
