from __future__ import annotations

import random

import pytest

from beltline.core.errors import InvalidInput
from beltline.core.job_retry import JobRetry, RetryOption, job_retry, plain_retry, retry_of
from beltline.core.retry import Retry

FIXED = '{"backoff":"fixed","base_us":5000000,"cap_us":600000000}'
BAD: list[tuple[object, str]] = [
    ({}, "give a Retry or an object"),
    ("fixed", "give a Retry or an object"),
    ({"bakoff": "fixed"}, "'bakoff' unknown; known are max_attempts, backoff, base, cap"),
    ({1: 2}, "1 unknown"),
    ({"backoff": "linear"}, "backoff 'linear' is unknown"),
    ({"backoff": ["fixed"]}, "is unknown"),
    ({"base": "soon"}, "'soon'"),
    ({"cap": -1}, "-1"),
    ({"max_attempts": 0}, "max_attempts 0"),
    ({"max_attempts": "3"}, "max_attempts '3'"),
    ({"max_attempts": 2.0}, "max_attempts 2.0"),
    ({"max_attempts": None}, "max_attempts None"),
    (Retry(backoff=lambda _: 1), "give functions and exception types to its definition"),
    (Retry(retry_on=(OSError,)), "give functions and exception types to its definition"),
    (Retry(give_up_on=(OSError,)), "give functions and exception types to its definition"),
]


def test_a_job_keeps_the_numbers_of_a_retry() -> None:
    assert job_retry(Retry(max_attempts=7, backoff="fixed", base="5s")) == JobRetry(7, FIXED)


def test_attempts_that_an_object_leaves_out_are_those_of_the_definition() -> None:
    assert job_retry({"backoff": "fixed", "base": 5}) == JobRetry(None, FIXED)


def test_what_is_kept_gives_the_same_delays() -> None:
    policy = Retry(base="3s", cap="20s")
    kept = retry_of(job_retry(policy).backoff)

    seeds = range(1, 30)
    assert [kept.delay_us(n, random.Random(n)) for n in seeds] == [
        policy.delay_us(n, random.Random(n)) for n in seeds
    ]


@pytest.mark.parametrize("given", [Retry(max_attempts=3, base="250ms"), {"backoff": "fixed", "cap": "1h30m"}])
def test_as_an_object_it_means_the_same(given: RetryOption) -> None:
    assert job_retry(plain_retry(given)) == job_retry(given)


@pytest.mark.parametrize(("given", "what"), BAD)
def test_what_no_row_can_hold_is_refused(given: object, what: str) -> None:
    with pytest.raises(InvalidInput, match=what):
        job_retry(given)
