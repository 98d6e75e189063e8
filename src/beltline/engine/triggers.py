"""Webhook triggers: make and steer them, and turn a call into a job.

The HTTP endpoint hands a call to `receive` as it came; everything else is decided here.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, cast

from beltline.core.codec import dump_json, parse_json
from beltline.core.errors import Conflict, InvalidInput, NotFound
from beltline.core.ids import Random
from beltline.definitions.declared import SCHEDULE_NAME
from beltline.definitions.stored import StoredSchema
from beltline.definitions.trigger import Webhook, rule_of, webhook_of
from beltline.engine.definitions import stored_definition
from beltline.engine.submit import JobOptions, accepted, insert, new_job
from beltline.engine.template import stored_template
from beltline.engine.trigger_secrets import require_genuine
from beltline.store.contract import Store
from beltline.store.params import AuditEntry, Definition, Insertion
from beltline.store.triggers import NewTrigger, StoredTrigger, WriteTrigger

WEBHOOK: Final = "webhook"
LARGEST_BODY: Final = 1_048_576
_ROUNDS: Final = 8


class Call(NamedTuple):
    """A call of a webhook as it came: header names in lower case, the raw body."""

    headers: Mapping[str, str]
    body: bytes


class Made(NamedTuple):
    """What a call came to.

    `job_id` is None where `when` says no; `existing`: an equal call made the job before.
    """

    job_id: str | None
    existing: bool
    payload: bytes


async def create(
    store: Store,
    namespace: str,
    name: str,
    definition: str,
    webhook: Webhook,
    *,
    actor: str,
    why: str = "",
) -> StoredTrigger:
    """Make a webhook trigger. Raises InvalidInput, UnknownDefinition, Conflict."""
    if not SCHEDULE_NAME.fullmatch(name):
        raise InvalidInput(f"name {name!r}: use 1 to 128 letters, digits and . _ : / @ -")
    await stored_definition(store, namespace, definition)
    trigger = NewTrigger(name, WEBHOOK, definition, webhook.text(), paused=False)
    entry = _entry(actor, "create", name, why, after=trigger.spec)
    params = WriteTrigger(
        namespace=namespace, name=name, trigger=trigger, revision=None, now=store.now(), audit=(entry,)
    )
    if not await store.triggers.write(params):
        raise Conflict(f"there is a trigger {name!r} already; delete it, or choose another name")
    return await fetch(store, namespace, name)


async def set_paused(
    store: Store, namespace: str, name: str, *, paused: bool, actor: str, why: str = ""
) -> StoredTrigger:
    """Refuse its calls, or take them again."""
    for _ in range(_ROUNDS):
        row = await fetch(store, namespace, name)
        entry = _entry(actor, "pause" if paused else "resume", name, why)
        trigger = row.settings()._replace(paused=paused)
        if row.paused == paused or await _written(store, namespace, row, trigger, entry):
            return await fetch(store, namespace, name)
    raise Conflict(f"trigger {name} moved faster than this could follow; try again")


async def delete(store: Store, namespace: str, name: str, *, actor: str, why: str = "") -> StoredTrigger:
    """Remove a trigger; its jobs stay."""
    for _ in range(_ROUNDS):
        row = await fetch(store, namespace, name)
        if await _written(store, namespace, row, None, _entry(actor, "delete", name, why, before=row.spec)):
            return row
    raise Conflict(f"trigger {name} moved faster than this could follow; try again")


async def fetch(store: Store, namespace: str, name: str) -> StoredTrigger:
    """Return a trigger. Raises NotFound."""
    found = await store.triggers.get(namespace, name)
    if found is None:
        raise NotFound("trigger", name, "`beltline triggers ls` lists what is there")
    return found


async def edit(
    store: Store,
    namespace: str,
    name: str,
    fields: Mapping[str, Any],
    *,
    actor: str,
    why: str = "",
) -> StoredTrigger:
    """Change fields of a trigger's rule, from its next event on; one given as None goes back to its default.

    Raises NotFound, InvalidInput, Conflict.
    """
    for _ in range(_ROUNDS):
        row = await fetch(store, namespace, name)
        said = {key: value for key, value in {**shape_of(row), **fields}.items() if value is not None}
        trigger = row.settings()._replace(spec=rule_of(row.kind, said).text())
        entry = _entry(actor, "edit", name, why, before=row.spec, after=trigger.spec)
        if await _written(store, namespace, row, trigger, entry):
            return await fetch(store, namespace, name)
    raise Conflict(f"trigger {name} moved faster than this could follow; try again")


async def admit(
    store: Store, namespace: str, name: str, call: Call, environment: Mapping[str, str]
) -> StoredTrigger:
    """Return the webhook trigger whose secret a call bears. Raises NotFound, SecretMissing, Forbidden."""
    row = await fetch(store, namespace, name)
    if row.kind != WEBHOOK:
        raise NotFound("webhook", name, f"it is a trigger on a {row.kind}, and takes no calls")
    webhook = webhook_of(json.loads(row.spec))
    require_genuine(webhook, call.headers, call.body, environment, store.now())
    return row


async def receive(
    store: Store,
    namespace: str,
    name: str,
    call: Call,
    *,
    random: Random,
    environment: Mapping[str, str] = os.environ,
) -> Made:
    """Turn a call into a job.

    Raises NotFound, Forbidden (a bad signature or key), Conflict (paused), InvalidInput; then nothing was
    stored. Nothing of the body is looked at before the check.
    """
    row = await admit(store, namespace, name, call, environment)
    webhook = webhook_of(json.loads(row.spec))
    if row.paused:
        raise Conflict(f"trigger {name} is paused; `beltline triggers resume {name}`")
    definition = await stored_definition(store, namespace, row.definition)
    made, key = mapped(webhook, definition, call)
    if made is None:
        return Made(None, existing=False, payload=b"")
    options = JobOptions(
        idempotency_key=None if key is None else f"trigger:{name}:{key}",
        labels={"trigger": name},
        actor=f"trigger/{name}",
    )
    job = new_job(stored_template(definition), made, options, now=store.now(), random=random)
    [answer] = await insert(store, namespace, [job], all_or_none=True)
    return Made(accepted(job, answer), answer.outcome is Insertion.EXISTING, made)


def mapped(webhook: Webhook, definition: Definition, call: Call) -> tuple[bytes | None, str | None]:
    """Return the payload that a call gives, None where `when` says no, and what makes equal calls one.

    Raises InvalidInput, InvalidPayload.
    """
    body = parse_json(call.body, limit=LARGEST_BODY)
    given: dict[str, object] = {"body": body, "headers": dict(call.headers)}
    expressions = webhook.expressions
    if webhook.when is not None and not expressions["when"].value(given):
        return None, None
    value = body
    if webhook.payload is not None:
        value = {name: expressions[f"payload.{name}"].value(given) for name in webhook.payload}
    payload = dump_json(value)
    StoredSchema(definition.schema).check(definition.name, payload)
    key = None
    if webhook.dedupe is not None:
        found = expressions["dedupe"].value(given)
        # A key of any length and kind, also where two values look alike as text.
        key = hashlib.sha256(dump_json(found)).hexdigest()
    return payload, key


async def _written(
    store: Store, namespace: str, row: StoredTrigger, trigger: NewTrigger | None, entry: AuditEntry
) -> bool:
    return await store.triggers.write(
        WriteTrigger(
            namespace=namespace,
            name=row.name,
            trigger=trigger,
            revision=row.revision,
            now=store.now(),
            audit=(entry,),
        )
    )


def _entry(actor: str, action: str, name: str, why: str, *, before: str = "", after: str = "") -> AuditEntry:
    return AuditEntry(
        actor=actor,
        action=f"trigger.{action}",
        target=f"trigger/{name}",
        reason=why,
        before=before,
        after=after,
    )


def shape_of(row: StoredTrigger) -> dict[str, Any]:
    """Return what a trigger says, as JSON values."""
    return cast("dict[str, Any]", json.loads(row.spec))
