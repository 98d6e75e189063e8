"""Times, lengths of time, foreign texts and outlooks, as people read them."""

from __future__ import annotations

import pytest

from beltline.cli.text import age, clean, cut, one_line, span, stamp
from beltline.cli.words import outlook
from beltline.core.states import JobState
from beltline.wire.times import iso
from tests.cli.shop import Shop, Terminal

SECOND = 1_000_000


@pytest.mark.parametrize(
    ("micros", "shown"),
    [
        (0, "0ms"),
        (3_400, "3.4ms"),
        (4.25 * SECOND, "4.25s"),
        (60 * SECOND, "1m"),
        (312 * SECOND, "5m12s"),
        (11_100 * SECOND, "3h5m"),
        (86_400 * SECOND, "1d"),
        (187_200 * SECOND, "2d4h"),
    ],
)
def test_a_length_of_time_is_told_in_its_two_largest_units(micros: float, shown: str) -> None:
    assert span(int(micros)) == shown


def test_an_age_says_which_way() -> None:
    assert age(0, 5 * SECOND) == "5s ago"
    assert age(5 * SECOND, 0) == "in 5s"
    assert age(None, 0) == "-"


def test_times_are_utc() -> None:
    assert iso(1_500) == "1970-01-01T00:00:00.001500Z"
    assert iso(None) is None
    assert stamp(1_500) == "1970-01-01 00:00:00.001Z"
    assert stamp(None) == "-"


def test_codes_for_the_terminal_are_made_visible() -> None:
    assert clean("a\x1b]0;title\x07b\u202ec\n\td") == "a\\x1b]0;title\\x07b\\x202ec\n\td"


def test_a_long_text_is_cut_and_says_how_long_it_was() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "abc… (4 characters; --full shows all)"
    assert one_line("first line\nsecond", 6) == "first…"


def test_what_happens_next_follows_from_the_state(cli: Terminal, shop: Shop) -> None:
    job = shop.job(cli("submit", "resize").out.strip())

    def told(state: JobState, request: str | None = None) -> str:
        return outlook(job._replace(state=state, request=request), queue_paused=False, now=job.created_at)

    assert "free slot" in told(JobState.QUEUED)
    assert "beltline jobs resume" in told(JobState.PAUSED)
    assert "asked to stop" in told(JobState.RUNNING, "cancel")
    assert "pauses after this run" in told(JobState.RUNNING, "pause")
    assert told(JobState.RUNNING) == ""
    assert told(JobState.SUCCEEDED) == ""
