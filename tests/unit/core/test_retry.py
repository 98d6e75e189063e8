from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, strategies as st

from beltline.core.durations import Duration
from beltline.core.errors import InvalidInput
from beltline.core.retry import Retry, retry_from


@given(attempts=st.integers(1, 1_000), seed=st.integers())
def test_an_exponential_delay_stays_below_its_ceiling(attempts: int, seed: int) -> None:
    policy = Retry(base="2s", cap="1m")

    delay = policy.delay_us(attempts, random.Random(seed))

    assert 0 <= delay <= min(60_000_000, 2_000_000 * 2 ** (attempts - 1))


def test_an_exponential_delay_spreads_over_its_whole_range() -> None:
    policy = Retry(base=8, cap="1h")
    chance = random.Random(1)

    delays = [policy.delay_us(1, chance) / 8_000_000 for _ in range(1_000)]

    assert [sum(n / 10 <= delay < (n + 1) / 10 for delay in delays) > 50 for n in range(10)] == [True] * 10


def test_the_ceiling_doubles_until_the_cap() -> None:
    class Most:
        def getrandbits(self, k: int, /) -> int:
            return (1 << k) - 1

        def random(self) -> float:
            return 1.0

    policy = Retry(base=1, cap=10)

    assert [policy.delay_us(n, Most()) // 1_000_000 for n in range(1, 7)] == [1, 2, 4, 8, 10, 10]


def test_a_fixed_delay_is_its_base() -> None:
    policy = Retry(backoff="fixed", base="90s")

    assert {policy.delay_us(n, random.Random(n)) for n in range(1, 20)} == {90_000_000}


def test_a_custom_delay_gets_the_attempts_used() -> None:
    policy = Retry(backoff=lambda attempts: f"{attempts}m")

    assert policy.delay_us(3, random.Random(1)) == 180_000_000


@pytest.mark.parametrize("fault", ["raises", "negative", "nonsense"])
def test_a_faulty_custom_delay_falls_back_to_the_exponential_one(fault: str) -> None:
    answers: dict[str, Duration] = {"negative": -1, "nonsense": "soon"}
    policy = Retry(backoff=lambda _: answers[fault], base=4)

    assert policy.delay_us(1, random.Random(3)) == Retry(base=4).delay_us(1, random.Random(3))


def test_errors_are_tried_again_by_type() -> None:
    policy = Retry(retry_on=(OSError, ValueError), give_up_on=(FileNotFoundError,))

    assert policy.permits(OSError())
    assert policy.permits(TimeoutError())
    assert not policy.permits(KeyError())
    assert not policy.permits(FileNotFoundError())


def test_giving_up_wins() -> None:
    assert not Retry(retry_on=(ValueError,), give_up_on=(Exception,)).permits(ValueError())


@pytest.mark.parametrize("attempts", [0, -1, 1_001, True])
def test_a_number_of_attempts_out_of_range_is_refused(attempts: int) -> None:
    with pytest.raises(InvalidInput, match=r"max_attempts .* is not a whole number from 1 to 1,000"):
        Retry(max_attempts=attempts)


def test_an_unknown_backoff_is_refused() -> None:
    with pytest.raises(InvalidInput, match="backoff 'linear' is unknown"):
        Retry(backoff="linear")  # type: ignore[arg-type]


@pytest.mark.parametrize("kinds", [OSError, [OSError], ("OSError",), (int,), (OSError(),), None])
@pytest.mark.parametrize("name", ["retry_on", "give_up_on"])
def test_what_are_no_exception_types_is_refused(name: str, kinds: object) -> None:
    options: dict[str, Any] = {name: kinds}

    with pytest.raises(InvalidInput, match=rf"{name} .* give a tuple of exception types"):
        Retry(**options)


@pytest.mark.parametrize("given_", [{"base": "soon"}, {"cap": -1}])
def test_a_duration_that_is_none_is_refused(given_: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match=r"retry (base|cap)"):
        Retry(**given_)  # type: ignore[arg-type]


@given(
    attempts=st.integers(1, 1_000),
    kind=st.sampled_from(["exponential", "fixed"]),
    base=st.integers(0, 10**10),
    cap=st.integers(0, 10**12),
)
def test_a_policy_survives_its_storage(attempts: int, kind: str, base: int, cap: int) -> None:
    stored: dict[str, int | str] = {
        "max_attempts": attempts,
        "backoff": kind,
        "base_us": base,
        "cap_us": cap,
    }

    assert retry_from(stored).stored() == stored


def test_a_custom_policy_is_stored_as_exponential() -> None:
    assert Retry(backoff=lambda _: 1, base=3).stored()["backoff"] == "exponential"


def test_a_policy_of_nothing_stored_is_the_default() -> None:
    assert retry_from({}).stored() == Retry().stored()
