"""Subscriptions to the outcomes of jobs: who is told, and the deliveries, which are jobs themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from beltline.core.clock import MINUTE
from beltline.core.codec import dump_json
from beltline.core.durations import Duration, micros, moment_text
from beltline.core.errors import Conflict, NotFound
from beltline.core.ids import Random, new_id
from beltline.core.job import NewJob
from beltline.core.needs import Needs
from beltline.core.subscription import (
    Interest,
    checked_url,
    interest_of,
    kept_place,
    place_in,
    told_secret,
)
from beltline.engine.rounds import ROUNDS, too_fast
from beltline.engine.secret_places import SecretMissing, require_place, secret_at
from beltline.engine.submit import JobOptions, accepted, insert, new_job
from beltline.engine.template import Template
from beltline.store.contract import Store
from beltline.store.params import AuditEntry
from beltline.store.subscriptions import NewSubscription, NotedOutcome, StoredSubscription, WriteSubscription

DELIVERY: Final = "beltline.webhook"
QUEUE: Final = "beltline.webhooks"
MOST_ATTEMPTS: Final = 12
TIMEOUT_US: Final = MINUTE
# A delivery asks for a tag that only the workers of the service offer: no other has code for it.
DELIVERIES: Final = Template(
    name=DELIVERY,
    version="1",
    queue=QUEUE,
    max_attempts=MOST_ATTEMPTS,
    timeout_us=TIMEOUT_US,
    needs=Needs(tags=frozenset({QUEUE})).text(),
)
BATCH: Final = 500
TEST: Final = "test"
_SECRET_BYTES: Final = 32


class MadeSubscription(NamedTuple):
    """A subscription with its secret, which nobody can read again; None where it lies elsewhere."""

    subscription: StoredSubscription
    secret: bytes | None


async def subscribe(
    store: Store,
    namespace: str,
    url: str,
    interest: Interest,
    *,
    actor: str,
    random: Random,
    secret: str | None = None,
    why: str = "",
) -> MadeSubscription:
    """Tell a URL of outcomes from now on.

    `secret` says where the secret lies, env:NAME or file:/path, on each machine that delivers; without it one
    is drawn, which the store holds. Raises InvalidInput.
    """
    now = store.now()
    drawn, kept = _secret(random, secret)
    new = NewSubscription(
        new_id(now, random), checked_url(url), interest.text(), kept, None, None, paused=False
    )
    params = WriteSubscription(
        namespace=namespace,
        id=new.id,
        subscription=new,
        revision=None,
        now=now,
        audit=(_entry(actor, "create", new.id, why, after=new.spec),),
    )
    if not await store.subscriptions.write(params):
        raise Conflict(f"the id {new.id} that was drawn is taken; try again")
    return MadeSubscription(await fetch(store, namespace, new.id), drawn)


async def rotate(
    store: Store,
    namespace: str,
    subscription_id: str,
    *,
    actor: str,
    random: Random,
    secret: str | None = None,
    overlap: Duration = "24h",
) -> MadeSubscription:
    """Take a new secret, as `subscribe` does; the old one signs beside it for `overlap`.

    Raises NotFound, InvalidInput.
    """
    overlap_us = micros(overlap, what="overlap")
    drawn, kept = _secret(random, secret)
    for _ in range(ROUNDS):
        row = await fetch(store, namespace, subscription_id)
        new = row.settings()._replace(secret=kept, old_secret=row.secret, old_until=store.now() + overlap_us)
        if await _written(store, namespace, row, new, _entry(actor, "rotate", row.id)):
            return MadeSubscription(await fetch(store, namespace, subscription_id), drawn)
    raise too_fast(f"subscription {subscription_id}")


async def set_paused(
    store: Store, namespace: str, subscription_id: str, *, paused: bool, actor: str, why: str = ""
) -> StoredSubscription:
    """Tell nothing, or tell again. What ends meanwhile is not told later. Raises NotFound."""
    for _ in range(ROUNDS):
        row = await fetch(store, namespace, subscription_id)
        entry = _entry(actor, "pause" if paused else "resume", row.id, why)
        new = row.settings()._replace(paused=paused)
        if row.paused == paused or await _written(store, namespace, row, new, entry):
            return await fetch(store, namespace, subscription_id)
    raise too_fast(f"subscription {subscription_id}")


async def unsubscribe(
    store: Store, namespace: str, subscription_id: str, *, actor: str, why: str = ""
) -> StoredSubscription:
    """Remove a subscription; deliveries that are still under way are cancelled. Raises NotFound."""
    for _ in range(ROUNDS):
        row = await fetch(store, namespace, subscription_id)
        if await _written(store, namespace, row, None, _entry(actor, "delete", row.id, why, before=row.spec)):
            return row
    raise too_fast(f"subscription {subscription_id}")


async def fetch(store: Store, namespace: str, subscription_id: str) -> StoredSubscription:
    """Return a subscription. Raises NotFound."""
    found = await store.subscriptions.get(namespace, subscription_id)
    if found is None:
        raise NotFound("subscription", subscription_id, "`beltline subscriptions ls` lists what there is")
    return found


async def deliver_test(store: Store, namespace: str, subscription_id: str, *, random: Random) -> str:
    """Deliver an event of type `test`; return the id of the job that does. Raises NotFound."""
    row = await fetch(store, namespace, subscription_id)
    event = {"type": TEST, "at": moment_text(store.now()), "namespace": namespace, "job": None}
    job = new_job(
        DELIVERIES, _payload(row.id, event), JobOptions(labels=_labels(row)), now=store.now(), random=random
    )
    [answer] = await insert(store, namespace, [job], all_or_none=True)
    return accepted(job, answer)


async def tell(store: Store, namespace: str, *, random: Random) -> bool:
    """Make deliveries of the outcomes that are noted; return whether there may be more.

    The deliveries come first, under ids that say of what they are, then the notes go: after a crash between
    the same deliveries are made again, which are there already.
    """
    noted = await store.subscriptions.outcomes(namespace, BATCH)
    if not noted:
        return False
    rows = [row for row in await store.subscriptions.page(namespace) if not row.paused]
    interests = [(row, interest_of(row.spec)) for row in rows]
    jobs = [
        _delivery(namespace, row, outcome, now=store.now(), random=random)
        for outcome in noted
        for row, interest in interests
        # A delivery that ends is told to nobody: that would never end.
        if outcome.definition != DELIVERY
        and interest.covers(outcome.state, outcome.definition, outcome.queue, outcome.labels)
    ]
    for begin in range(0, len(jobs), BATCH):
        await insert(store, namespace, jobs[begin : begin + BATCH], all_or_none=False)
    await store.subscriptions.forget(namespace, [outcome.seq for outcome in noted])
    return len(noted) == BATCH


def signing_secrets(row: StoredSubscription, now: int, environment: Mapping[str, str]) -> Sequence[bytes]:
    """Return the secrets that sign now, the newest first.

    Raises SecretMissing or InvalidInput where the newest is not, or is no secret, where it should lie.
    """
    found = [_read(row.secret, environment)]
    if row.old_secret is not None and now < (row.old_until or 0):
        with suppress(SecretMissing):
            found.append(_read(row.old_secret, environment))
    return found


def _read(kept: bytes, environment: Mapping[str, str]) -> bytes:
    place = place_in(kept)
    return kept if place is None else told_secret(secret_at(place, environment))


def _delivery(
    namespace: str,
    row: StoredSubscription,
    outcome: NotedOutcome,
    *,
    now: int,
    random: Random,
) -> NewJob:
    event = {
        "type": f"job.{outcome.state.value}",
        "at": moment_text(outcome.finished_at),
        "namespace": namespace,
        "job": {
            "id": outcome.job_id,
            "definition": outcome.definition,
            "queue": outcome.queue,
            "state": outcome.state.value,
            "reason": outcome.reason,
            "labels": dict(outcome.labels or {}),
        },
    }
    options = JobOptions(id=f"outcome:{outcome.seq}:{row.id}", labels=_labels(row))
    return new_job(DELIVERIES, _payload(row.id, event), options, now=now, random=random)


def _payload(subscription_id: str, event: object) -> bytes:
    return dump_json({"subscription": subscription_id, "event": event})


def _labels(row: StoredSubscription) -> dict[str, str]:
    return {"subscription": row.id}


def _secret(random: Random, place: str | None) -> tuple[bytes | None, bytes]:
    """Return a secret that was drawn, if one was, and what is stored."""
    if place is not None:
        require_place(place)
        return None, kept_place(place)
    drawn = random.getrandbits(8 * _SECRET_BYTES).to_bytes(_SECRET_BYTES, "big")
    return drawn, drawn


async def _written(
    store: Store,
    namespace: str,
    row: StoredSubscription,
    new: NewSubscription | None,
    entry: AuditEntry,
) -> bool:
    return await store.subscriptions.write(
        WriteSubscription(
            namespace=namespace,
            id=row.id,
            subscription=new,
            revision=row.revision,
            now=store.now(),
            audit=(entry,),
        )
    )


def _entry(
    actor: str, action: str, subscription_id: str, why: str = "", *, before: str = "", after: str = ""
) -> AuditEntry:
    return AuditEntry(
        actor=actor,
        action=f"subscription.{action}",
        target=f"subscription/{subscription_id}",
        reason=why,
        before=before,
        after=after,
    )
