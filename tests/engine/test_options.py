from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from beltline.core.clock import MICROS, MINUTE
from beltline.core.codec import payload_hash
from beltline.core.errors import InvalidInput
from beltline.core.ids import created_at
from beltline.core.job import NewJob
from beltline.core.needs import Needs, amounts_of, read_needs
from beltline.core.order import order_key
from beltline.core.reasons import Reason
from beltline.core.retry import Retry
from beltline.core.states import JobState
from beltline.engine.submit import DEFAULTS, JobOptions, new_job
from beltline.engine.template import Template
from tests.clocks import NOON

TEMPLATE = Template(name="resize", version="7", queue="images")
FULL = Template(
    name="resize",
    version="7",
    queue="images",
    priority=3,
    max_attempts=9,
    timeout_us=4,
    deadline_us=50,
    expires_us=60,
    owner="media",
    labels={"team": "a", "tier": "gold"},
    dedupe="content",
)
BAD = [
    ({"delay": "soon"}, "delay 'soon' is not a duration"),
    ({"delay": -1}, "delay -1 is not a duration"),
    ({"delay": [1]}, r"delay \[1\] is not a duration"),
    ({"delay": float("nan")}, "delay nan is not a duration"),
    ({"timeout": True}, "timeout True is not a duration"),
    ({"run_at": "noon"}, "run_at 'noon' is not an ISO 8601 time"),
    ({"run_at": 5}, "run_at 5 is not a time"),
    ({"run_at": datetime(2030, 1, 1)}, "run_at .* has no time zone"),  # noqa: DTZ001 - what is refused
    ({"deadline": "later"}, "deadline 'later' is not a duration"),
    ({"expires": "2030-01-01T00:00:00"}, "expires .* has no time zone"),
    ({"delay": 1, "run_at": "2030-01-01T00:00:00Z"}, "delay and run_at exclude each other"),
    ({"id": "a", "idempotency_key": "b"}, r"id and idempotency_key \(or dedupe\) exclude"),
    ({"id": "a", "dedupe": "content"}, r"id and idempotency_key \(or dedupe\) exclude"),
    ({"id": ""}, "id ''"),
    ({"id": "-a"}, "id '-a'"),
    ({"id": "a" * 129}, "id 'a+'"),
    ({"id": 5}, "id 5"),
    ({"queue": "a b"}, "queue 'a b'"),
    ({"dedupe": "payload"}, "dedupe 'payload' is unknown; use 'content'"),
    ({"idempotency_key": ""}, "idempotency_key: use 1 to 256 printable"),
    ({"idempotency_key": "a" * 257}, "idempotency_key: use"),
    ({"idempotency_key": "a\nb"}, "idempotency_key: use"),
    ({"idempotency_key": "\ud800"}, "idempotency_key: use"),
    ({"owner": "a\x00b"}, "owner: use"),
    ({"actor": 7}, "actor: use"),
    ({"correlation_id": "\x00"}, "correlation_id: use"),
    ({"traceparent": ""}, "traceparent: use"),
    ({"priority": 1_001}, "priority 1001: use a whole number from -1,000 to 1,000"),
    ({"priority": "high"}, "priority 'high': use"),
    ({"priority": True}, "priority True: use"),
    ({"max_attempts": 0}, "max_attempts 0: use a whole number from 1 to 1,000"),
    ({"max_attempts": 1.5}, "max_attempts 1.5: use"),
    ({"retry": {"base": "soon"}}, "retry: retry base 'soon' is not a duration"),
    ({"retry": 5}, "retry 5: give a Retry or an object"),
    ({"labels": {"a": 1}}, "label 'a': the value must be a text"),
    ({"labels": {"a": "\ud800"}}, "label 'a': the value must be a text"),
    ({"labels": {"a b": "c"}}, "label name 'a b'"),
    ({"labels": {1: "c"}}, "label name 1"),
    ({"labels": {f"n{n}": "" for n in range(33)}}, "labels: 33 given, at most 32 are kept"),
    ({"labels": "a=b"}, "labels 'a=b': give a mapping"),
    ({"resources": {"cpu": "lots"}}, "resource cpu 'lots': use a number"),
    ({"resources": "cpu=1"}, "resources 'cpu=1': give a mapping"),
    ({"tags": "eu"}, "tags 'eu': give a list"),
    ({"pinned": "yes"}, "pinned 'yes': use True or False"),
]


def made(template: Template = TEMPLATE, payload: bytes = b"{}", **options: Any) -> NewJob:
    chosen = JobOptions(**options) if options else DEFAULTS
    return new_job(template, payload, chosen, now=NOON, random=random.Random(1))


def test_a_job_without_options_is_queued_now() -> None:
    job = made()

    assert (job.state, job.reason) == (JobState.QUEUED, Reason.SUBMITTED)
    assert job.created_at == job.queued_at == job.run_at == job.order_key == NOON
    assert (job.definition, job.version, job.queue) == ("resize", "7", "images")
    assert (job.idempotency_key, job.chosen_id) == (None, False)


def test_an_id_tells_when_it_was_made() -> None:
    assert created_at(made().id) == NOON - NOON % 1_000


def test_what_the_template_says_goes_along() -> None:
    job = made(FULL, b"[1]")

    assert (job.priority, job.max_attempts, job.timeout_us, job.owner) == (3, 9, 4, "media")
    assert (job.deadline_at, job.expires_at) == (NOON + 50, NOON + 60)
    assert job.order_key == order_key(NOON, 3)
    assert job.labels == {"team": "a", "tier": "gold"}
    assert job.idempotency_key == f"content:{payload_hash(b'[1]').hex()}"


@given(payload=st.binary(max_size=50), full=st.booleans())
def test_empty_options_are_no_options(payload: bytes, full: bool) -> None:
    template = FULL if full else TEMPLATE

    assert made(template, payload, correlation_id=None) == made(template, payload)


@pytest.mark.parametrize(
    "option",
    [{"delay": 90}, {"delay": timedelta(seconds=90)}, {"run_at": "2030-01-01T12:01:30Z"}],
    ids=["seconds", "timedelta", "moment"],
)
def test_a_job_for_later_is_scheduled(option: dict[str, Any]) -> None:
    job = made(**option)

    assert (job.state, job.reason) == (JobState.SCHEDULED, Reason.DELAYED)
    assert job.run_at == NOON + 90 * MICROS
    assert (job.queued_at, job.order_key) == (None, None)


@pytest.mark.parametrize("option", [{"delay": 0}, {"run_at": datetime(2020, 1, 1, tzinfo=UTC)}], ids=str)
def test_a_job_for_now_or_earlier_is_queued_now(option: dict[str, Any]) -> None:
    job = made(**option)

    assert (job.state, job.queued_at, job.run_at) == (JobState.QUEUED, NOON, NOON)


@pytest.mark.parametrize("option", ["deadline", "expires"])
@pytest.mark.parametrize(
    "value", ["2m", 120, "2030-01-01T12:02:00Z", datetime(2030, 1, 1, 12, 2, tzinfo=UTC)], ids=str
)
def test_a_limit_is_a_duration_or_a_moment(option: str, value: object) -> None:
    limit: dict[str, Any] = {option: value}
    job = made(**limit)

    assert {"deadline": job.deadline_at, "expires": job.expires_at}[option] == NOON + 2 * MINUTE


def test_options_win_over_the_template() -> None:
    job = made(
        FULL,
        queue="other",
        priority=0,
        max_attempts=1,
        timeout="1s",
        deadline=1,
        expires=2,
        owner="ops",
        labels={"tier": "free", "x": "y"},
        idempotency_key="mine",
    )

    assert (job.queue, job.priority, job.max_attempts, job.owner) == ("other", 0, 1, "ops")
    assert (job.timeout_us, job.deadline_at, job.expires_at) == (MICROS, NOON + MICROS, NOON + 2 * MICROS)
    assert job.labels == {"team": "a", "tier": "free", "x": "y"}
    assert (job.idempotency_key, job.order_key) == ("mine", NOON)


def test_what_a_submit_asks_takes_the_place_of_what_the_template_asks() -> None:
    asked = Needs(amounts_of({"cpu": 2}), frozenset(["eu"]))
    template = TEMPLATE._replace(needs=asked.text())
    more = amounts_of({"gpu": 1})

    assert made(template).needs == made(template, priority=1).needs == asked.text()
    assert made(template, resources={"gpu": 1}).needs == asked._replace(amounts=more).text()
    assert made(template, tags=[]).needs == asked._replace(tags=frozenset()).text()
    assert made(template, resources={}, tags=[]).needs == ""


def test_a_submit_pins_a_job_or_lifts_its_pin() -> None:
    pinned = made(pinned=True)
    template = TEMPLATE._replace(needs=pinned.needs)

    assert read_needs(pinned.needs) == Needs(definition="resize", version="7")
    assert made(template, pinned=False).needs == ""
    assert made(template, tags=["eu"]).needs == Needs({}, frozenset(["eu"]), "resize", "7").text()


def test_a_higher_priority_comes_before_what_was_queued_earlier() -> None:
    later = made(priority=2)
    earlier = new_job(TEMPLATE, b"{}", DEFAULTS, now=NOON - MINUTE, random=random.Random(1))

    assert (later.order_key or 0) < (earlier.order_key or 0)


def test_who_and_what_for_goes_along() -> None:
    job = made(actor="ada", correlation_id="order-7", traceparent="00-ab-cd-01")

    assert (job.actor, job.correlation_id, job.traceparent) == ("ada", "order-7", "00-ab-cd-01")


def test_a_chosen_id_needs_no_key() -> None:
    job = made(FULL, id="import/2030-01-01")

    assert (job.id, job.chosen_id, job.idempotency_key) == ("import/2030-01-01", True, None)


def test_equal_content_makes_equal_keys_only_where_it_is_asked_for() -> None:
    one, same, other = (made(payload=data, dedupe="content") for data in (b"[1]", b"[1]", b"[2]"))

    assert one.idempotency_key == same.idempotency_key != other.idempotency_key
    assert made(payload=b"[1]", priority=1).idempotency_key is None


@pytest.mark.parametrize(("option", "words"), BAD, ids=lambda value: str(value)[:40])
def test_a_faulty_option_is_refused_by_name(option: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        made(**option)


def test_every_faulty_option_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        made(delay="x", priority=9_999, queue="", labels={"": ""}, actor="", expires="never")

    assert [line.split()[1].rstrip(":") for line in str(caught.value).splitlines()[1:]] == [
        "queue",
        "actor",
        "priority",
        "delay",
        "expires",
        "label",
    ]


def test_a_retry_policy_takes_the_place_of_the_definitions() -> None:
    job = made(FULL, retry=Retry(max_attempts=2, backoff="fixed", base="5s"))

    assert job.max_attempts == 2
    assert job.backoff == '{"backoff":"fixed","base_us":5000000,"cap_us":600000000}'


def test_a_retry_policy_without_attempts_leaves_those_of_the_definition() -> None:
    assert made(FULL, retry={"base": "5s"}).max_attempts == 9
    assert made(FULL, retry={"base": "5s"}, max_attempts=4).max_attempts == 4
