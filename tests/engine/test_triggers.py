"""A call of a webhook becomes a job, once, where it is genuine."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from beltline.core.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    InvalidPayload,
    NotFound,
    UnknownDefinition,
)
from beltline.definitions.trigger import Webhook
from beltline.engine import triggers
from beltline.engine.triggers import Call, Made
from beltline.store.pages import JobFilter, ListJobs
from tests.engine.desk import Desk
from tests.engine.timing import Timing

SHARED = "not so hidden"
ENVIRONMENT = {"HOOK": SHARED}
BODY = b'{"id":7,"size":5,"city":"Kyiv"}'


@pytest.fixture
async def timing(desk: Desk) -> Timing:
    made = Timing(desk)
    await made.apply()
    return made


async def make(timing: Timing, **fields: Any) -> None:
    webhook = Webhook(**{"secret": "env:HOOK", "payload": {"width": "body.size"}, **fields})
    await triggers.create(timing.store, timing.namespace, "pushes", "resize", webhook, actor="ada")


async def receive(timing: Timing, body: bytes = BODY, headers: dict[str, str] | None = None) -> Made:
    signature = hmac.new(SHARED.encode(), body, hashlib.sha256).hexdigest()
    told = {"x-signature-256": signature, **(headers or {})}
    return await triggers.receive(
        timing.store,
        timing.namespace,
        "pushes",
        Call(told, body),
        random=timing.desk.random,
        environment=ENVIRONMENT,
    )


async def count(timing: Timing) -> int:
    return (await timing.store.reads.page(ListJobs(namespace=timing.namespace, where=JobFilter()))).total


async def test_a_signed_call_becomes_a_job(timing: Timing) -> None:
    await make(timing)

    made = await receive(timing)

    assert made.job_id is not None
    job = await timing.desk.job(made.job_id)
    assert (json.loads(job.payload), job.labels, job.actor) == (
        {"width": 5},
        {"trigger": "pushes"},
        "trigger/pushes",
    )


@pytest.mark.parametrize("told", ["", "0" * 64, SHARED, "ä"])
async def test_a_bad_signature_is_refused_and_nothing_stored(timing: Timing, told: str) -> None:
    await make(timing)

    with pytest.raises(Forbidden, match="the signature in the header x-signature-256 is missing or wrong"):
        await receive(timing, b"not even JSON", {"x-signature-256": told})

    assert await count(timing) == 0


async def test_a_key_in_a_header_is_checked(timing: Timing) -> None:
    await make(timing, check="key", header="X-Api-Key", prefix="Bearer ")

    assert (await receive(timing, headers={"x-api-key": f"Bearer {SHARED}"})).job_id
    with pytest.raises(Forbidden, match="the key in the header X-Api-Key"):
        await receive(timing, headers={"x-api-key": SHARED})


async def test_equal_calls_make_one_job(timing: Timing) -> None:
    await make(timing, dedupe="body.id")

    first, again = await receive(timing), await receive(timing)
    other = await receive(timing, b'{"id":8,"size":5}')

    assert (first.existing, again.existing) == (False, True)
    assert first.job_id == again.job_id != other.job_id


async def test_calls_that_are_not_wanted_make_none(timing: Timing) -> None:
    await make(timing, when="body.size > 5 and headers['x-kind'] == 'push'")

    assert (await receive(timing, headers={"x-kind": "push"})).job_id is None
    assert (await receive(timing, b'{"size":6}', {"x-kind": "push"})).job_id is not None
    assert await count(timing) == 1


@pytest.mark.parametrize(
    ("body", "error"),
    [(b"{", InvalidInput), (b'{"size":"wide"}', InvalidPayload), (b"[1]", InvalidPayload)],
)
async def test_a_body_that_does_not_fit_is_refused(
    timing: Timing, body: bytes, error: type[Exception]
) -> None:
    await make(timing)

    with pytest.raises(error):
        await receive(timing, body)

    assert await count(timing) == 0


async def test_a_paused_trigger_and_one_without_its_secret_refuse(timing: Timing) -> None:
    await make(timing)
    store, namespace = timing.store, timing.namespace
    await triggers.set_paused(store, namespace, "pushes", paused=True, actor="ada")
    with pytest.raises(Conflict, match="is paused"):
        await receive(timing)
    await triggers.set_paused(store, namespace, "pushes", paused=False, actor="ada")

    with pytest.raises(Conflict, match="is not at env:HOOK on this machine"):
        await triggers.receive(
            store, namespace, "pushes", Call({}, BODY), random=timing.desk.random, environment={}
        )

    await triggers.delete(store, namespace, "pushes", actor="ada")
    with pytest.raises(NotFound, match="triggers ls"):
        await receive(timing)
    actions = [entry.action for entry in await timing.desk.audited()]
    assert actions == ["trigger.create", "trigger.pause", "trigger.resume", "trigger.delete"]


async def test_what_cannot_be_is_refused_with_every_fault(timing: Timing) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Webhook(secret=SHARED, check="md5", header="x y", when="open('x')", payload={"a": "body."})  # type: ignore[arg-type]
    for words in ("check 'md5'", "never stored", "header 'x y'", "when \"open('x')\"", "payload.a 'body.'"):
        assert words in str(refusal.value)
    assert SHARED not in str(refusal.value)

    with pytest.raises(UnknownDefinition):
        await triggers.create(
            timing.store, timing.namespace, "pushes", "nothing", Webhook(secret="env:HOOK"), actor="ada"
        )
    await make(timing)
    with pytest.raises(Conflict, match="already"):
        await make(timing)
