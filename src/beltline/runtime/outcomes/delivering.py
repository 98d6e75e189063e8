"""Delivers outcomes: each delivery is a job of Beltline, run by a worker in the service."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from beltline.core.clock import MICROS
from beltline.core.codec import dump_json
from beltline.core.outcome import Cancel
from beltline.core.retry import Retry
from beltline.core.subscription import signatures
from beltline.definitions.context import Context
from beltline.definitions.definition import JobDefinition, define
from beltline.definitions.registry import Registry
from beltline.engine.subscriptions import DELIVERY, MOST_ATTEMPTS, QUEUE, TEST, TIMEOUT_US, signing_secrets
from beltline.runtime.outcomes.sender import ReceiverGone, Sender, TargetRefused
from beltline.store.contract import Store

# Twelve tries in about seventeen hours.
RETRY: Final = Retry(
    max_attempts=MOST_ATTEMPTS, base="1m", cap="12h", give_up_on=(TargetRefused, ReceiverGone)
)

Deliver = Callable[..., Awaitable[dict[str, Any]]]


def registry_of(store: Store, namespace: str, sender: Sender) -> Registry:
    """Return the one definition that delivers, for the subscriptions of a namespace."""

    async def deliver(ctx: Context, subscription: str, event: dict[str, Any]) -> dict[str, Any]:
        row = await store.subscriptions.get(namespace, subscription)
        if row is None or (row.paused and event["type"] != TEST):
            raise Cancel("the subscription was removed or paused")
        now = store.now()
        at_s = now // MICROS
        body = dump_json({"id": ctx.job_id, **event})
        headers = {
            "webhook-id": ctx.job_id,
            "webhook-timestamp": str(at_s),
            "webhook-signature": signatures(signing_secrets(row, now, os.environ), ctx.job_id, at_s, body),
        }
        return {"status": await sender.post(row.url, headers, body)}

    registry = Registry()
    registry.add(_definition(deliver))
    return registry


def _definition(deliver: Deliver) -> JobDefinition:
    options: Mapping[str, Any] = {
        "name": DELIVERY,
        "version": "1",
        "queue": QUEUE,
        "retry": RETRY,
        "timeout": TIMEOUT_US / MICROS,
        "tags": [QUEUE],
    }
    return define(deliver, **options)
