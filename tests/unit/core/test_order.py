from __future__ import annotations

from hypothesis import given, strategies as st

from beltline.core.clock import MINUTE
from beltline.core.order import HIGHEST_PRIORITY, LOWEST_PRIORITY, order_key

MOMENTS = st.integers(0, 2**52)
PRIORITIES = st.integers(LOWEST_PRIORITY, HIGHEST_PRIORITY)


@given(earlier=MOMENTS, wait=st.integers(1, 10**12), priority=PRIORITIES)
def test_of_equal_priority_the_earlier_goes_first(earlier: int, wait: int, priority: int) -> None:
    assert order_key(earlier, priority) < order_key(earlier + wait, priority)


@given(queued_at=MOMENTS, priority=st.integers(LOWEST_PRIORITY, HIGHEST_PRIORITY - 1))
def test_of_one_moment_the_higher_priority_goes_first(queued_at: int, priority: int) -> None:
    assert order_key(queued_at, priority + 1) < order_key(queued_at, priority)


@given(queued_at=MOMENTS, low=PRIORITIES, high=PRIORITIES)
def test_old_work_overtakes_new_work_of_any_priority_in_the_end(queued_at: int, low: int, high: int) -> None:
    long_after = queued_at + (HIGHEST_PRIORITY - LOWEST_PRIORITY) * MINUTE + 1

    assert order_key(queued_at, low) < order_key(long_after, high)


def test_one_step_of_priority_is_one_minute() -> None:
    assert order_key(MINUTE, 1) == order_key(0, 0)
