"""Outcomes are told: each delivery is a job, signed, tried again, and made once whatever crashes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from beltline.core.clock import SystemClock
from beltline.core.errors import InvalidInput, StoreUnavailable
from beltline.core.job import Job
from beltline.core.outcome import Cancel
from beltline.core.retry import Retry
from beltline.core.states import JobState
from beltline.core.subscription import Interest, place_in, shown_secret
from beltline.engine import control
from beltline.engine.secret_places import SecretMissing
from beltline.engine.subscriptions import (
    DELIVERIES,
    DELIVERY,
    deliver_test,
    rotate,
    set_paused,
    signing_secrets,
    subscribe,
    tell,
    unsubscribe,
)
from beltline.engine.template import template_of
from beltline.runtime.outcomes.deliveries import Deliveries
from beltline.runtime.outcomes.delivering import registry_of
from beltline.runtime.outcomes.sender import Sender
from beltline.store.pages import JobFilter, ListJobs
from tests.runtime.receiver import Receiver, receiving
from tests.runtime.test_sender import LOOPBACK
from tests.runtime.works import Works
from tests.waiting import eventually_async

CHANCE = random.Random(3)


class Site:
    """Jobs that end, a receiver, and those who tell it."""

    def __init__(self, works: Works, receiver: Receiver) -> None:
        self.works = works
        self.receiver = receiver
        self.store, self.namespace = works.store, works.namespace

        @works.belt.job
        async def good() -> None: ...

        @works.belt.job(retry=Retry(max_attempts=1))
        async def bad() -> None:
            raise OSError

        @works.belt.job(queue="other")
        async def stops() -> None:
            raise Cancel

        self.good, self.bad, self.stops = good, bad, stops

    async def subscribe(self, **interest: object) -> tuple[str, bytes]:
        made = await subscribe(
            self.store,
            self.namespace,
            self.receiver.url,
            Interest(**interest),  # type: ignore[arg-type]
            actor="ann",
            random=CHANCE,
        )
        assert made.secret is not None
        return made.subscription.id, made.secret

    async def end_some(self) -> list[str]:
        """Let three jobs end: well, badly, and cancelled in another queue."""
        made = [
            await self.good.options(labels={"team": "a"}).submit(),
            await self.bad.submit(),
            await self.stops.submit(),
        ]
        await self.works.until_idle(queues=("default", "other"))
        return [reference.id for reference in made]

    async def told(self) -> list[Job]:
        """Make the deliveries; return them, oldest first."""
        while await tell(self.store, self.namespace, random=CHANCE):
            pass
        return await self.deliveries()

    async def deliveries(self) -> list[Job]:
        params = ListJobs(
            namespace=self.namespace, where=JobFilter(definition=DELIVERY, discarded=True), limit=100
        )
        return (await self.store.reads.page(params)).items[::-1]

    @asynccontextmanager
    async def delivering(self) -> AsyncIterator[None]:
        deliveries = Deliveries(self.store, Sender(LOOPBACK), clock=SystemClock(), random=CHANCE)
        await deliveries.tick()
        try:
            yield
        finally:
            await deliveries.stop()

    async def all_are(self, state: JobState) -> list[Job]:
        async def look() -> list[Job]:
            found = await self.deliveries()
            return found if found and all(job.state is state for job in found) else []

        return await eventually_async(look, what=f"deliveries {state}")


@pytest.fixture
async def site(works: Works) -> AsyncIterator[Site]:
    async with receiving() as receiver:
        yield Site(works, receiver)


def events(jobs: list[Job]) -> set[tuple[str, str]]:
    found = [json.loads(job.payload)["event"] for job in jobs]
    return {(event["type"], event["job"]["id"]) for event in found}


def test_the_definition_is_what_the_engine_makes_jobs_of(site: Site) -> None:
    [definition] = registry_of(site.store, site.namespace, Sender())

    assert template_of(definition) == DELIVERIES


async def test_an_outcome_is_delivered_signed(site: Site) -> None:
    subscription, secret = await site.subscribe(events=("succeeded",))

    good, *_ = await site.end_some()
    async with site.delivering():
        [job] = await site.all_are(JobState.SUCCEEDED)

    [(headers, body)] = site.receiver.calls
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    made = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    event = json.loads(body)
    assert headers["webhook-signature"] == f"v1,{made}"
    assert (event["id"], event["type"], event["job"]["id"]) == (headers["webhook-id"], "job.succeeded", good)
    assert event["job"] | {"labels": {"team": "a"}, "queue": "default", "definition": "good"} == event["job"]
    assert (job.labels, json.loads(job.result or b"")) == ({"subscription": subscription}, {"status": 204})


async def test_each_subscription_gets_what_it_is_for(site: Site) -> None:
    wanted: list[tuple[dict[str, object], set[int]]] = [
        ({}, {0, 1, 2}),
        ({"events": ("failed", "cancelled")}, {1, 2}),
        ({"definition": "bad"}, {1}),
        ({"queue": "other"}, {2}),
        ({"labels": {"team": "a"}}, {0}),
        ({"labels": {"team": "b"}}, set()),
    ]
    ids = [(await site.subscribe(**interest))[0] for interest, _ in wanted]

    ended = await site.end_some()
    told = await site.told()

    for subscription, (_, places) in zip(ids, wanted, strict=True):
        mine = [job for job in told if job.labels == {"subscription": subscription}]
        assert {job_id for _, job_id in events(mine)} == {ended[place] for place in places}


async def test_what_ended_before_is_not_told(site: Site) -> None:
    await site.end_some()
    await site.subscribe()

    assert await site.told() == []


async def test_a_delivery_is_told_to_nobody(site: Site) -> None:
    await site.subscribe(events=("succeeded",))
    await site.end_some()

    async with site.delivering():
        await site.all_are(JobState.SUCCEEDED)

    assert len(await site.told()) == 1


async def test_a_crash_between_the_deliveries_and_the_notes_makes_no_second_ones(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.subscribe()
    await site.end_some()

    async def crash(*_: object) -> None:
        raise StoreUnavailable("the plug was pulled")

    with monkeypatch.context() as patch:
        patch.setattr(site.store.subscriptions, "forget", crash)
        with pytest.raises(StoreUnavailable):
            await site.told()
    first = await site.deliveries()
    again = await site.told()

    assert [job.id for job in again] == [job.id for job in first]
    assert len(first) == 3


async def test_a_delivery_that_fails_is_tried_again_and_then_a_dead_letter(site: Site) -> None:
    await site.subscribe(events=("succeeded",))
    site.receiver.answer = b"HTTP/1.1 503 Busy\r\n\r\nlater"
    await site.end_some()

    async with site.delivering():
        [job] = await site.all_are(JobState.RETRYING)
        site.receiver.answer = b"HTTP/1.1 410 Gone\r\n\r\n"
        [dead] = await _retried(site, job)

    assert (job.max_attempts, b"answered 503: later" in (job.error or b"")) == (12, True)
    assert (dead.state, dead.reason) == (JobState.FAILED, "not_retryable")


async def test_a_target_of_our_own_is_a_dead_letter_at_once(site: Site) -> None:
    await site.subscribe(events=("succeeded",))
    await site.end_some()
    deliveries = Deliveries(site.store, Sender(), clock=SystemClock(), random=CHANCE)

    await deliveries.tick()
    [dead] = await site.all_are(JobState.FAILED)
    await deliveries.stop()

    assert b"no public address" in (dead.error or b"")
    assert site.receiver.calls == []


async def test_a_removed_or_paused_subscription_is_told_nothing(site: Site) -> None:
    paused, _ = await site.subscribe(events=("succeeded",))
    removed, _ = await site.subscribe(events=("succeeded",))
    await site.end_some()
    await site.told()
    await set_paused(site.store, site.namespace, paused, paused=True, actor="ann")
    await unsubscribe(site.store, site.namespace, removed, actor="ann")

    async with site.delivering():
        await site.all_are(JobState.CANCELLED)
    await site.end_some()

    assert site.receiver.calls == []
    assert len(await site.told()) == 2


async def test_a_test_reaches_a_paused_subscription_too(site: Site) -> None:
    paused, _ = await site.subscribe()
    await set_paused(site.store, site.namespace, paused, paused=True, actor="ann")

    job_id = await deliver_test(site.store, site.namespace, paused, random=CHANCE)
    async with site.delivering():
        [job] = await site.all_are(JobState.SUCCEEDED)

    [(_, body)] = site.receiver.calls
    assert (job.id, json.loads(body)["type"]) == (job_id, "test")


async def test_while_secrets_overlap_both_sign(site: Site) -> None:
    subscription, old = await site.subscribe()
    made = await rotate(site.store, site.namespace, subscription, actor="ann", random=CHANCE, overlap="1h")

    row, now = made.subscription, site.store.now()

    assert signing_secrets(row, now, {}) == [made.secret, old]
    assert signing_secrets(row, now + 3_600_000_001, {}) == [made.secret]


async def test_a_secret_may_lie_elsewhere_and_is_read_with_each_delivery(site: Site, tmp_path: Path) -> None:
    place = tmp_path / "secret"
    made = await subscribe(
        site.store,
        site.namespace,
        site.receiver.url,
        Interest(events=("succeeded",)),
        actor="ann",
        random=CHANCE,
        secret=f"file:{place}",
    )
    secret = b"\x01\x02" * 16

    await site.end_some()
    async with site.delivering():
        await site.all_are(JobState.RETRYING)
        [missing] = await site.deliveries()
        place.write_text(f"{shown_secret(secret)}\n")
        await control.retry(site.store, site.namespace, missing.id, actor="ann")
        await site.all_are(JobState.SUCCEEDED)

    [(headers, body)] = site.receiver.calls
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert headers["webhook-signature"].endswith(
        base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    )
    assert f"not at file:{place}" in (missing.error or b"").decode()
    assert made.secret is None
    assert place_in(made.subscription.secret) == f"file:{place}"


async def test_a_secret_that_was_drawn_gives_way_to_one_that_lies_elsewhere(site: Site) -> None:
    subscription, old = await site.subscribe()
    made = await rotate(
        site.store, site.namespace, subscription, actor="ann", random=CHANCE, secret="env:HOOK", overlap="1h"
    )
    again = await rotate(
        site.store,
        site.namespace,
        subscription,
        actor="ann",
        random=CHANCE,
        secret="env:HOOK_2",
        overlap="1h",
    )

    row, now = made.subscription, site.store.now()

    assert signing_secrets(row, now, {"HOOK": shown_secret(b"new")}) == [b"new", old]
    # The former one is gone from its place already: the new one signs alone.
    assert signing_secrets(again.subscription, now, {"HOOK_2": shown_secret(b"newer")}) == [b"newer"]
    with pytest.raises(SecretMissing, match="env:HOOK"):
        signing_secrets(row, now, {})
    with pytest.raises(InvalidInput, match="whsec_"):
        signing_secrets(row, now, {"HOOK": "hunter2"})


async def test_settling_notes_nothing_where_nobody_subscribed(site: Site) -> None:
    await site.end_some()

    assert await site.store.subscriptions.outcomes(site.namespace, 10) == []


async def _retried(site: Site, job: Job) -> list[Job]:
    await control.retry(site.store, site.namespace, job.id, actor="ann")
    return await site.all_are(JobState.FAILED)
