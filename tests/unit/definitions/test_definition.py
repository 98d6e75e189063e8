from __future__ import annotations

import functools
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from beltline.core.errors import ConfigError
from beltline.core.replay import Replay, replay_from
from beltline.core.retry import Retry, retry_from
from beltline.definitions.context import Context
from beltline.definitions.definition import define, policies_json, stored


async def thumbnail(ctx: Context, image: str, width: int = 256) -> str:
    return f"{image}:{width}:{ctx.attempt}"


def resize(image: str) -> None: ...


def wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def inner(*args: Any, **kwargs: Any) -> object:
        return function(*args, **kwargs)

    return inner


def problems(function: Callable[..., Any], **options: Any) -> str:
    with pytest.raises(ConfigError) as refusal:
        define(function, **options)
    return "\n".join(refusal.value.problems)


def test_a_definition_takes_its_name_from_the_function() -> None:
    assert define(thumbnail).name == "thumbnail"


def test_a_definition_has_careful_defaults() -> None:
    definition = define(resize)

    assert (definition.queue, definition.priority, definition.max_crashes) == ("default", 0, 3)
    assert (definition.timeout_us, definition.deadline_us, definition.expires_us) == (None, None, None)
    assert (definition.retry, definition.dedupe, dict(definition.labels)) == (Retry(), None, {})


def test_options_are_kept() -> None:
    definition = define(
        resize,
        name="media.resize",
        version="7",
        queue="slow",
        retry=Retry(max_attempts=2),
        timeout="5m",
        deadline=timedelta(hours=1),
        expires=60,
        priority=-3,
        owner="media",
        runbook="https://wiki/resize",
        labels={"team": "media"},
        max_crashes=1,
        dedupe="content",
        resources={"cpu": 2, "memory": "1Gi"},
        tags=["eu"],
        pinned=True,
    )

    assert (definition.needs.amounts, definition.needs.tags, definition.pinned) == (
        {"cpu": 2_000, "memory": 2**30},
        frozenset(["eu"]),
        True,
    )
    assert (definition.name, definition.version, definition.queue) == ("media.resize", "7", "slow")
    assert (definition.timeout_us, definition.deadline_us, definition.expires_us) == (
        300_000_000,
        3_600_000_000,
        60_000_000,
    )
    assert (definition.priority, definition.owner, definition.runbook) == (-3, "media", "https://wiki/resize")
    assert (dict(definition.labels), definition.max_crashes, definition.dedupe) == (
        {"team": "media"},
        1,
        "content",
    )


def test_a_coroutine_function_runs_on_the_loop() -> None:
    assert define(thumbnail).mode == "async"


def test_a_plain_function_runs_in_a_thread() -> None:
    assert define(resize).mode == "thread"


def test_a_wrapped_coroutine_function_runs_on_the_loop() -> None:
    assert define(wrapped(thumbnail)).mode == "async"


def test_a_coroutine_function_does_not_run_in_a_thread() -> None:
    assert "mode 'thread' is for plain functions" in problems(thumbnail, mode="thread")


@pytest.mark.parametrize("function", [thumbnail, resize])
def test_a_function_of_either_kind_may_run_in_a_process(function: Callable[..., Any]) -> None:
    definition = define(function, mode="process", memory="256Mi")

    assert (definition.mode, definition.memory) == ("process", 268_435_456)
    assert json.loads(policies_json(definition))["memory"] == 268_435_456


def test_only_a_function_that_asks_for_it_gets_a_context() -> None:
    assert define(thumbnail).takes_context
    assert not define(resize).takes_context


def test_a_definition_says_where_it_is_written() -> None:
    assert define(resize).place.endswith(f"test_definition.py:{resize.__code__.co_firstlineno}")


def test_every_fault_is_reported_at_once() -> None:
    def job(*values: int) -> None: ...

    found = problems(
        job,
        name="no spaces",
        queue="",
        retry=5,
        timeout="soon",
        deadline=True,
        expires=0,
        priority=5_000,
        owner="\x00",
        labels={"": 1},
        max_crashes=0,
        dedupe="yes",
        colour="red",
        resources={"cpu": -1, "GPU": 1},
        tags="eu",
        pinned="yes",
    )

    wanted = (
        "name queue retry timeout deadline expires priority owner label max_crashes dedupe 'colour' *values"
        " cpu 'GPU' tags pinned"
    )
    assert [word for word in wanted.split() if word not in found] == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"timeout": [1]}, "timeout [1] is not a duration"),
        ({"labels": 5}, "labels 5: give a mapping"),
        ({"labels": {f"l{number}": "" for number in range(33)}}, "33 are given, at most 32"),
        ({"labels": {"a": "\n"}}, "label 'a'"),
        ({"priority": True}, "priority True"),
        ({"mode": "fork"}, "mode 'fork': use 'async', 'thread', 'process'"),
        ({"mode": "async"}, "mode 'async' is for coroutine functions"),
        ({"mode": "process", "memory": "256MB"}, "memory '256MB' is not a size"),
        ({"memory": "256Mi"}, "add mode='process'"),
        ({"replay": 3}, "replay 3: give a Replay"),
        ({"resources": {"memory": "512MB"}}, "resource memory '512MB' is not a size"),
        ({"resources": ["cpu"]}, "resources ['cpu']: give a mapping"),
        ({"tags": ["a b"]}, "tag 'a b'"),
        ({"pinned": 1}, "pinned 1: use True or False"),
    ],
)
def test_an_option_of_the_wrong_kind_is_refused(options: dict[str, Any], words: str) -> None:
    assert words in problems(resize, **options)


def test_a_fault_names_the_job_and_its_place() -> None:
    assert f"job 'resize' at {define(resize).place}: priority" in problems(resize, priority="high")


def test_a_lambda_needs_a_name() -> None:
    assert "name '<lambda>'" in problems(lambda: None)


def test_a_class_is_no_job() -> None:
    assert "is not a function" in problems(int)


def test_a_generator_is_no_job() -> None:
    def pieces() -> Iterator[int]:
        yield 1

    async def async_pieces() -> AsyncIterator[int]:
        yield 1

    assert "a generator cannot be a job" in problems(pieces)
    assert "a generator cannot be a job" in problems(async_pieces)


def test_the_policies_are_one_flat_json_object() -> None:
    definition = define(
        resize, retry=Retry(max_attempts=7, backoff="fixed", base=2), timeout=1, labels={"a": "b"}
    )

    assert json.loads(policies_json(definition)) == {
        "backoff": "fixed",
        "base_us": 2_000_000,
        "cap_us": 600_000_000,
        "max_attempts": 7,
        "max_crashes": 3,
        "timeout_us": 1_000_000,
        "deadline_us": None,
        "expires_us": None,
        "priority": 0,
        "dedupe": None,
        "labels": {"a": "b"},
    }
    asking = define(resize, resources={"cpu": 1}, tags=["ssd", "eu"], pinned=True)
    asked = {"resources": {"cpu": 1}, "tags": ["eu", "ssd"], "pinned": True}
    assert json.loads(policies_json(asking)).items() >= asked.items()


def test_the_retry_policy_can_be_read_back_from_the_policies() -> None:
    definition = define(resize, retry=Retry(max_attempts=7, backoff="fixed", base=2.0, cap=600.0))

    assert retry_from(json.loads(policies_json(definition))) == definition.retry


def test_the_stored_text_holds_the_schema() -> None:
    definition = define(thumbnail, owner="media")
    text = stored(definition)

    assert (text.name, text.version, text.queue, text.owner) == (
        "thumbnail",
        definition.version,
        "default",
        "media",
    )
    assert json.loads(text.schema) == definition.payload.schema


def test_the_replay_policy_can_be_read_back_and_is_left_out_where_there_is_none() -> None:
    policy = Replay(on=(ConnectionError, "worker_lost"), after="10m", rate="50/m", times=2)
    definition = define(resize, replay=policy)

    assert definition.replay == policy
    assert replay_from(json.loads(policies_json(definition))["replay"]).stored() == policy.stored()
    assert "replay" not in json.loads(policies_json(define(resize)))
    assert define(resize).version != definition.version
