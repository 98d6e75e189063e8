"""Windows: when events become jobs, and how many of them."""

from __future__ import annotations

import random

import pytest

from beltline.core.clock import MICROS
from beltline.core.errors import InvalidInput
from beltline.core.window import (
    LARGEST_GATHERED,
    Debounce,
    Gather,
    Held,
    Memory,
    Throttle,
    Verdict,
    Window,
    judge,
    outlook,
    window_of,
    window_shape,
)


def held(*seconds: float, size: int = 1) -> list[Held]:
    return [Held(number, round(at * MICROS), size) for number, at in enumerate(seconds, 1)]


def at(seconds: float) -> int:
    return round(seconds * MICROS)


def test_a_burst_is_one_job_when_it_has_been_quiet() -> None:
    window = Debounce("10s")

    early = judge(window, held(0, 5), Memory(), at(14))
    late = judge(window, held(0, 5)[1:], early.memory, at(15))

    assert early == Verdict((), Memory(0, at(5)), at(15), coalesced=(1,))
    assert late == Verdict(((2,),), Memory(), None)


def test_the_first_event_of_a_burst_may_be_the_one_kept() -> None:
    window = Debounce("10s", keep="first")

    early = judge(window, held(0, 5), Memory(), at(14))
    late = judge(window, held(0), early.memory, at(15))

    assert early == Verdict((), Memory(0, at(5)), at(15), coalesced=(2,))
    assert late == Verdict(((1,),), Memory(), None)


def test_a_burst_without_end_is_a_job_after_the_longest_time() -> None:
    window = Debounce("10s", longest="20s")

    verdict = judge(window, held(0, 8, 16, 19, 24), Memory(), at(25))

    assert verdict.jobs == ((4,),)
    assert verdict.memory == Memory(at(24), at(24))
    assert verdict.due_at == at(34)
    assert set(verdict.coalesced) == {1, 2, 3}


def test_bursts_that_nobody_looked_at_meanwhile_are_told_apart() -> None:
    verdict = judge(Debounce("10s"), held(0, 3, 60, 200, 203), Memory(), at(1_000))

    assert verdict.jobs == ((2,), (3,), (5,))
    assert set(verdict.coalesced) == {1, 4}


def test_more_than_so_many_in_a_period_wait() -> None:
    window = Throttle(2, per="1m")

    first = judge(window, held(0, 1, 2), Memory(), at(2))
    too_soon = judge(window, held(0, 1, 2)[2:], first.memory, at(61))
    later = judge(window, held(0, 1, 2)[2:], first.memory, at(62))

    assert first == Verdict(((1,), (2,)), Memory(fires=(at(2), at(2))), at(62))
    assert (too_soon.jobs, too_soon.due_at) == ((), at(62))
    assert (later.jobs, later.due_at) == (((3,),), None)


def test_more_than_so_many_in_a_period_may_be_dropped() -> None:
    verdict = judge(Throttle(1, per="1m", extra="drop"), held(0, 1, 2), Memory(), at(2))

    assert (verdict.jobs, verdict.dropped, verdict.due_at) == (((1,),), (2, 3), None)


def test_no_period_ever_has_more_jobs_than_it_may() -> None:
    chance = random.Random(7)
    window = Throttle(3, per="10s")
    waiting: list[Held] = []
    memory, fired, now, number = Memory(), [], 0, 0
    for _ in range(500):
        now += chance.randrange(0, 4 * MICROS)
        for _ in range(chance.randrange(3)):
            number += 1
            waiting.append(Held(number, now))
        verdict = judge(window, waiting, memory, now)
        memory = verdict.memory
        fired += [now] * len(verdict.jobs)
        used = {each for job in verdict.jobs for each in job}
        waiting = [event for event in waiting if event.id not in used]

    assert all(later - earlier >= 10 * MICROS for earlier, later in zip(fired, fired[3:], strict=False))
    assert len(fired) + len(waiting) == number


def test_events_are_gathered_up_to_a_number() -> None:
    verdict = judge(Gather(2, within="10s"), held(0, 1, 2), Memory(), at(3))

    assert (verdict.jobs, verdict.due_at) == (((1, 2),), at(12))


def test_events_are_gathered_up_to_a_time() -> None:
    verdict = judge(Gather(5, within="10s"), held(0, 1, 11, 12), Memory(), at(21))

    assert (verdict.jobs, verdict.due_at) == (((1, 2), (3, 4)), None)


def test_what_is_gathered_has_a_largest_size() -> None:
    verdict = judge(Gather(5, within="10s"), held(0, 1, 2, size=LARGEST_GATHERED // 2), Memory(), at(3))

    assert verdict.jobs == ((1, 2),)


@pytest.mark.parametrize(
    "window", [Debounce("10s"), Debounce(5, "1m", "first"), Throttle(3, "1m", "drop"), Gather(7, "2s", "x")]
)
def test_a_window_is_read_from_what_it_is_written_as(window: Window) -> None:
    shape = window_shape(window)

    found = window_of(shape)

    assert found is not None
    assert window_shape(found) == shape


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ("10s", "give one of debounce, throttle, gather"),
        ({"debounce": {"quiet": 1}, "gather": {"most": 1}}, "give one of"),
        ({"debounce": {}}, "debounce needs 'quiet'"),
        ({"throttle": {"many": 3}}, "unknown fields many; known are extra, most, per"),
        ({"debounce": {"quiet": 0}}, "quiet 0: give a longer time"),
        ({"debounce": {"quiet": "soon"}}, "quiet 'soon' is not a duration"),
        ({"debounce": {"quiet": 1, "keep": "all"}}, "keep 'all': use 'last' or 'first'"),
        ({"throttle": {"most": 0}}, "most 0: use a whole number from 1 to 1,000"),
        ({"throttle": {"most": 1, "extra": "wait"}}, "extra 'wait': use 'delay' or 'drop'"),
        ({"gather": {"most": 2, "field": "a b"}}, "field 'a b': give the name"),
    ],
)
def test_a_window_that_cannot_be_is_refused(given: object, fault: str) -> None:
    with pytest.raises(InvalidInput, match=fault):
        window_of(given)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (Debounce("10s"), [15, 15, 15]),
        (Debounce("10s", longest="12s"), [12, 12, 12]),
        (Gather(5, within="7s"), [7, 7, 7]),
        (Gather(2, within="7s"), [6, 6, 12]),
        (Throttle(1, per="30s"), [6, 36, 66]),
        (Throttle(2, per="30s"), [6, 6, 36]),
        (Throttle(2, per="30s", extra="drop"), [6, 6, None]),
    ],
)
def test_each_event_knows_when_its_job_comes(window: Window, expected: list[int | None]) -> None:
    found = outlook(window, held(0, 3, 5), Memory(), at(6))

    assert found == [None if each is None else at(each) for each in expected]
