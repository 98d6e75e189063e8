from __future__ import annotations

import json

import pytest

from beltline.core.clock import SystemClock
from beltline.core.codec import parse_json
from beltline.core.failure import (
    MESSAGE_LIMIT,
    TRACE_LIMIT,
    Failure,
    failure,
    failure_of,
    fingerprint,
    read_failure,
)


class OutOfPaper(Exception):
    pass


def throw(error: Exception) -> None:
    raise error


def thrown(error: Exception) -> Failure:
    with pytest.raises(type(error)) as caught:
        throw(error)
    found = read_failure(failure_of(caught.value))
    assert found is not None
    return found


def test_a_record_names_type_message_and_place() -> None:
    record = thrown(OutOfPaper("tray 2"))

    assert record["type"] == f"{__name__}.OutOfPaper"
    assert record["message"] == "tray 2"
    assert record["where"].endswith("in throw")
    assert "OutOfPaper: tray 2" in record["trace"]


def test_a_builtin_error_is_named_shortly() -> None:
    assert thrown(ValueError("x"))["type"] == "ValueError"


def test_an_error_that_was_never_raised_has_no_place() -> None:
    record = read_failure(failure_of(ValueError("x")))

    assert record is not None
    assert record["where"] == ""


def test_a_record_is_bounded_and_keeps_the_end_of_the_trace() -> None:
    data = failure("E", "m" * 100_000, trace="t" * 100_000 + "end")

    record = read_failure(data)
    assert record is not None
    assert (len(record["message"]), len(record["trace"])) == (MESSAGE_LIMIT, TRACE_LIMIT)
    assert record["trace"].endswith("end")


def test_a_record_of_any_text_is_strict_json_without_nul() -> None:
    data = failure("E", "nul \x00 lone \ud800 emoji \U0001f600", trace="\udfff\x00")

    assert json.loads(data)["message"] == "nul \\x00 lone \\ud800 emoji \U0001f600"
    assert b"\\u0000" not in data
    assert parse_json(data)


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_an_error_whose_words_fail_is_recorded_all_the_same() -> None:
    record = thrown(Mute())

    assert record["type"] == f"{__name__}.Mute"
    assert record["message"] == "(its own str() fails)"


def test_no_record_reads_as_none() -> None:
    assert read_failure(None) is None


def test_errors_that_differ_in_numbers_and_quoted_values_share_a_fingerprint() -> None:
    first = fingerprint("E", "row 17 of 'a.csv' at 0x7f3a", "load")
    second = fingerprint("E", "row 4 of 'b.csv' at 0x11bc", "load")

    assert first == second
    assert len(first) == 12


def test_errors_of_other_kinds_places_or_words_have_other_fingerprints() -> None:
    prints = {
        fingerprint("E", "disk full", "load"),
        fingerprint("F", "disk full", "load"),
        fingerprint("E", "disk full", "save"),
        fingerprint("E", "disk gone", "load"),
    }

    assert len(prints) == 4


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("row 17", "row 4"),
        ("no file /var/a/b.csv", "no file /home/x.csv"),
        ("no file in.csv/a", "no file out.csv/b"),
        (r"no file C:\data\a.txt", r"no file D:\b.txt"),
        ("GET https://one.example/a?b=1 failed", "GET http://two.example/ failed"),
        ("refused by 10.0.0.1:5432", "refused by 10.0.0.99:5433"),
        ("job 06f2k9abcdefghjkmnpqrstvwx", "job 06f2k9zzzzzzzzzzzzzzzzzzzz"),
        ("id 123e4567-e89b-12d3-a456-426614174000", "id 00000000-0000-4000-8000-000000000000"),
        ("key 'a'", "key 'it is b'"),
        ('key "a"', 'key "b"'),
        ("hash deadbeefcafe", "hash abcdefabcdef"),
        ("at 2026-11-28T18:00:01Z", "at 2027-01-01T00:00:00Z"),
        ("took 0.35 s", "took 12 s"),
        ("two\n  lines", "two lines"),
    ],
)
def test_what_varies_between_errors_of_one_cause_does_not_count(one: str, other: str) -> None:
    assert fingerprint("E", one, "load") == fingerprint("E", other, "load")


@pytest.mark.parametrize(
    ("one", "other"), [("can't read", "can't write"), ("bad face", "bad decade"), ("disk full", "disk gone")]
)
def test_words_count(one: str, other: str) -> None:
    assert fingerprint("E", one, "load") != fingerprint("E", other, "load")


def test_a_fingerprint_is_the_same_in_every_process_and_on_every_machine() -> None:
    assert fingerprint("app.Broken", "row 17 of 'a.csv'", "shop.pay>shop.load") == "471a3ed6b70a"


def test_the_caller_counts_but_not_the_line_nor_the_depth_of_a_recursion() -> None:
    def deep(times: int) -> None:
        if times:
            deep(times - 1)
        raise OutOfPaper("tray")

    def print_at(times: int) -> str:
        with pytest.raises(OutOfPaper) as caught:
            deep(times)
        found = read_failure(failure_of(caught.value))
        assert found is not None
        return found["fingerprint"]

    assert print_at(1) == print_at(30) != thrown(OutOfPaper("tray"))["fingerprint"]


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "a.-" * 30_000, "/" * 100_000, "a/" * 50_000, "'" * 100_000, "f" * 100_000]
)
def test_a_fingerprint_of_any_text_takes_milliseconds(text: str) -> None:
    began = SystemClock().monotonic()

    fingerprint("E", text, "load")

    assert SystemClock().monotonic() - began < 200_000


def test_a_record_names_what_its_type_derives_from() -> None:
    assert thrown(ConnectionResetError("x"))["bases"] == ["ConnectionError", "OSError"]
    assert "bases" not in thrown(OutOfPaper("x"))
