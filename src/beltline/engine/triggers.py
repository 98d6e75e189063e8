"""Triggers: make and steer them, and turn a call of a webhook into a job.

The HTTP endpoint hands a call to `receive` as it came; everything else is decided here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from beltline.core.codec import parse_json
from beltline.core.errors import Conflict, InvalidInput, KeyReused, NotFound
from beltline.core.ids import Random
from beltline.definitions.declared import SCHEDULE_NAME
from beltline.definitions.declared_trigger import DeclaredTrigger
from beltline.definitions.trigger import JobOutcome, NewObject, Webhook, rule_of
from beltline.definitions.trigger_rule import Rule
from beltline.engine import events, windows
from beltline.engine.definitions import stored_definition
from beltline.engine.events import LARGEST_BODY, Event, Party, Sorted, facts_of, party_of
from beltline.engine.rounds import ROUNDS, too_fast
from beltline.engine.trigger_rounds import require_no_round
from beltline.engine.trigger_secrets import require_genuine
from beltline.store.contract import Store
from beltline.store.params import AuditEntry, Insertion
from beltline.store.triggers import NewTrigger, StoredTrigger, Turned, Watch, WriteTrigger

WEBHOOK: Final = "webhook"
_PAGE: Final = 1_000


class Call(NamedTuple):
    """A call of a webhook as it came: header names in lower case, the raw body."""

    headers: Mapping[str, str]
    body: bytes


class Made(NamedTuple):
    """What a call came to.

    `job_id` is None where `when` says no, and where the call waits for the trigger's window (`held`).
    `existing`: an equal call came before, and made the job or waits.
    """

    job_id: str | None
    existing: bool
    payload: bytes
    held: bool = False


async def create(
    store: Store,
    namespace: str,
    name: str,
    definition: str,
    rule: Rule,
    *,
    actor: str,
    why: str = "",
) -> StoredTrigger:
    """Make a trigger. Raises InvalidInput, UnknownDefinition, Conflict."""
    if not SCHEDULE_NAME.fullmatch(name):
        raise InvalidInput(f"name {name!r}: use 1 to 128 letters, digits and . _ : / @ -")
    await stored_definition(store, namespace, definition)
    trigger = NewTrigger(name, rule.KIND, definition, rule.text(), paused=False)
    require_no_round(trigger, rule, await everything(store, namespace))
    entry = _entry(actor, "create", name, why, after=trigger.spec)
    if not await _put(store, namespace, trigger, rule, entry, revision=None):
        raise Conflict(f"there is a trigger {name!r} already; delete it, or choose another name")
    return await fetch(store, namespace, name)


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
    for _ in range(ROUNDS):
        row = await fetch(store, namespace, name)
        said = {key: value for key, value in {**facts_of(row), **fields}.items() if value is not None}
        rule = rule_of(row.kind, said)
        trigger = row.settings()._replace(spec=rule.text())
        require_no_round(trigger, rule, await everything(store, namespace))
        entry = _entry(actor, "edit", name, why, before=row.spec, after=trigger.spec)
        if await _put(store, namespace, trigger, rule, entry, revision=row.revision):
            return await fetch(store, namespace, name)
    raise too_fast(f"trigger {name}")


async def set_paused(
    store: Store, namespace: str, name: str, *, paused: bool, actor: str, why: str = ""
) -> StoredTrigger:
    """Refuse its events, or take them again; what is held waits meanwhile."""
    for _ in range(ROUNDS):
        row = await fetch(store, namespace, name)
        if row.paused == paused:
            return row
        entry = _entry(actor, "pause" if paused else "resume", name, why)
        trigger = row.settings()._replace(paused=paused)
        rule = rule_of(row.kind, facts_of(row))
        if await _put(store, namespace, trigger, rule, entry, revision=row.revision):
            return await fetch(store, namespace, name)
    raise too_fast(f"trigger {name}")


async def delete(store: Store, namespace: str, name: str, *, actor: str, why: str = "") -> StoredTrigger:
    """Remove a trigger with what it holds; its jobs stay."""
    for _ in range(ROUNDS):
        row = await fetch(store, namespace, name)
        params = WriteTrigger(
            namespace=namespace,
            name=name,
            trigger=None,
            revision=row.revision,
            now=store.now(),
            audit=(_entry(actor, "delete", name, why, before=row.spec),),
        )
        if await store.triggers.write(params):
            return row
    raise too_fast(f"trigger {name}")


async def declare(
    store: Store, namespace: str, declared: Sequence[DeclaredTrigger], definitions: Sequence[str]
) -> list[str]:
    """Store the triggers that an app declares; return the names that changed.

    One that is there keeps whether it is paused and what it holds and remembers; what an operator edited
    stays until its declaration changes. Declared ones of the app's own `definitions` that it no longer
    declares go.
    """
    rows = {row.name: row for row in await everything(store, namespace)}
    changed = []
    for each in declared:
        row, text = rows.get(each.name), each.text()
        if row is not None and row.declared == text:
            continue
        paused = row is not None and row.paused
        trigger = NewTrigger(each.name, each.rule.KIND, each.definition, each.rule.text(), paused, text)
        require_no_round(trigger, each.rule, await everything(store, namespace))
        entry = _entry("app", "declare", each.name, "", after=trigger.spec)
        # Where another process was quicker, it declared the same.
        await _put(store, namespace, trigger, each.rule, entry, revision=row.revision if row else None)
        changed.append(each.name)
    names = {each.name for each in declared}
    for row in rows.values():
        if row.declared is not None and row.definition in definitions and row.name not in names:
            await delete(store, namespace, row.name, actor="app", why="not declared any more")
            changed.append(row.name)
    return sorted(changed)


async def fetch(store: Store, namespace: str, name: str) -> StoredTrigger:
    """Return a trigger. Raises NotFound."""
    found = await store.triggers.get(namespace, name)
    if found is None:
        raise NotFound("trigger", name, "`beltline triggers ls` lists what is there")
    return found


async def everything(store: Store, namespace: str) -> list[StoredTrigger]:
    """Return every trigger, by name."""
    found: list[StoredTrigger] = []
    while True:
        page = await store.triggers.page(namespace, after=found[-1].name if found else "", limit=_PAGE)
        found += page
        if len(page) < _PAGE:
            return found


def webhook_of(row: StoredTrigger) -> Webhook:
    """Return the rule of a trigger that takes calls. Raises InvalidInput for one that takes none."""
    rule = rule_of(row.kind, facts_of(row))
    if not isinstance(rule, Webhook):
        raise InvalidInput(f"trigger {row.name} is on a {row.kind}: it takes no calls and has no secret")
    return rule


async def admit(
    store: Store, namespace: str, name: str, call: Call, environment: Mapping[str, str]
) -> StoredTrigger:
    """Return the trigger whose secret a call bears. Raises NotFound, SecretMissing, Forbidden."""
    row = await fetch(store, namespace, name)
    if row.kind != WEBHOOK:
        raise NotFound("webhook", name, f"it is a trigger on a {row.kind}, and takes no calls")
    require_genuine(webhook_of(row), call.headers, call.body, environment, store.now())
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
    webhook = webhook_of(row)
    if row.paused:
        raise Conflict(f"trigger {name} is paused; `beltline triggers resume {name}`")
    party = await party_of(store, namespace, row)
    found = events.mapped(party, call_event(call))
    sorted_ = Sorted([] if found is None else [found], int(found is None), [])
    turned = await events.take(store, namespace, party, sorted_, random=random)
    if turned is None:
        raise NotFound("trigger", name, "it was deleted just now")
    if found is None:
        return Made(None, existing=False, payload=b"")
    if webhook.waits is not None:
        await look_at_window(store, namespace, party, random=random)
        return Made(None, existing=not turned.held, payload=found.payload, held=True)
    [answer] = turned.answers
    if answer.outcome is Insertion.KEY_REUSED:
        raise KeyReused(f"trigger:{name}:{found.event_key}", answer.id)
    return Made(answer.id, answer.outcome is Insertion.EXISTING, found.payload)


async def look_at_window(store: Store, namespace: str, party: Party, *, random: Random) -> None:
    """Look at a trigger's window at once: its events need not wait for the next look of others."""
    for _ in range(ROUNDS):
        row = await store.triggers.get(namespace, party.row.name)
        if row is None or row.paused or row.due_at is None or row.due_at > store.now():
            return
        turned: Turned | None = await windows.look(store, namespace, party._replace(row=row), random=random)
        if turned is not None:
            return


def call_event(call: Call) -> Event:
    """Return a call as an event. Raises InvalidInput."""
    body = parse_json(call.body, limit=LARGEST_BODY)
    return Event({"body": body, "headers": dict(call.headers)}, body)


async def _put(
    store: Store,
    namespace: str,
    trigger: NewTrigger,
    rule: Rule,
    entry: AuditEntry,
    *,
    revision: int | None,
) -> bool:
    now = store.now()
    watch = None
    if isinstance(rule, JobOutcome):
        watch = Watch(rule.of or "", " ".join(sorted(rule.states)), rule.roots)
    # A place is looked at from now on; what is held is looked at by the window as it is now.
    is_due = isinstance(rule, NewObject) or (rule.waits is not None and revision is not None)
    params = WriteTrigger(
        namespace=namespace,
        name=trigger.name,
        trigger=trigger,
        revision=revision,
        now=now,
        watch=watch,
        due_at=now if is_due else None,
        audit=(entry,),
    )
    return await store.triggers.write(params)


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
    return facts_of(row)
