from __future__ import annotations

from typing import Any

import pytest

from beltline.core.clock import MINUTE
from beltline.core.errors import InvalidInput
from beltline.core.failure import Failure, failure_of, read_failure
from beltline.core.reasons import Reason
from beltline.core.replay import Replay, replay_from


class Busy(ConnectionError):
    pass


def record(error: BaseException) -> Failure:
    found = read_failure(failure_of(error))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("error", "is_meant"),
    [
        (ConnectionError("x"), True),
        (ConnectionResetError("x"), True),
        (Busy("x"), True),
        (OSError("x"), False),
        (ValueError("x"), False),
    ],
)
def test_a_policy_means_the_types_it_names_and_those_derived_from_them(
    error: Exception, is_meant: bool
) -> None:
    policy = Replay(on=(ConnectionError,))

    assert policy.means(record(error), Reason.ATTEMPTS_EXHAUSTED) is is_meant
    assert replay_from(policy.stored()).means(record(error), Reason.ATTEMPTS_EXHAUSTED) is is_meant


def test_a_policy_means_the_reasons_and_names_it_names() -> None:
    policy = Replay(on=("worker_lost", f"{__name__}.Busy"))

    assert policy.means(None, Reason.WORKER_LOST)
    assert policy.means(record(Busy("x")), Reason.ATTEMPTS_EXHAUSTED)
    assert not policy.means(None, Reason.TIMEOUT)


def test_what_is_stored_is_the_same_policy() -> None:
    policy = Replay(on=(ConnectionError, "timeout"), after="10m", rate="50/m", times=2)

    stored = policy.stored()

    assert stored == {
        "on": ["ConnectionError", "timeout"],
        "after_us": 10 * MINUTE,
        "rate": "50/m",
        "times": 2,
    }
    assert replay_from(stored).stored() == stored


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"on": ()}, "on"),
        ({"on": ConnectionError}, "on"),
        ({"on": (int,)}, "on"),
        ({"on": ("no name",)}, "on"),
        ({"times": 0}, "times"),
        ({"times": True}, "times"),
        ({"times": 101}, "times"),
        ({"rate": "fast"}, "rate"),
        ({"after": "soon"}, "after"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(wrong: dict[str, Any], word: str) -> None:
    with pytest.raises(InvalidInput, match=word):
        Replay(**{"on": (OSError,), **wrong})
