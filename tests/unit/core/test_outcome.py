from __future__ import annotations

import pytest

from beltline.core.errors import BeltlineError, InvalidInput
from beltline.core.outcome import Cancel, Ending, Fail, Outcome, Signal, Snooze, released, succeeded
from beltline.core.reasons import Reason


def test_a_snooze_knows_its_delay() -> None:
    assert Snooze("1h30m").delay_us == 5_400_000_000


def test_a_snooze_for_no_duration_is_refused() -> None:
    with pytest.raises(InvalidInput, match="snooze delay"):
        Snooze("soon")


@pytest.mark.parametrize("signal", [Cancel, Fail])
def test_a_signal_says_why(signal: type[Cancel | Fail]) -> None:
    assert signal("no such file").why == str(signal("no such file")) == "no such file"
    assert signal().why == ""


@pytest.mark.parametrize("signal", [Snooze(1), Cancel(), Fail()], ids=lambda signal: type(signal).__name__)
def test_a_signal_is_no_error_of_ours(signal: Signal) -> None:
    assert isinstance(signal, Signal)
    assert not isinstance(signal, BeltlineError)


def test_the_common_outcomes_have_names() -> None:
    assert succeeded(b"1") == Outcome(Ending.SUCCEEDED, b"1")
    assert released(Reason.DRAINED, 5) == Outcome(Ending.RELEASED, reason=Reason.DRAINED, delay_us=5)
