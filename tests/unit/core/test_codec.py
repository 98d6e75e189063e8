from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, strategies as st

from beltline.core.codec import check_json, dump_json, parse_json, payload_hash
from beltline.core.errors import MalformedJson, PayloadTooLarge
from beltline.core.json_faults import explain_text

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)

MALFORMED = [
    (b"", "line 1, column 1"),
    (b"[1] 2", "Extra data at line 1, column 5"),
    (b"[1,]", "line 1, column"),
    (b"{'a':1}", "line 1, column 2"),
    (b'{"a":1}\xff', "byte 7 is 0xff"),
    (b"\xef\xbb\xbf1", "line 1, column 1"),
    (b'"\x01"', "control character"),
    (b"[NaN]", "NaN at byte 1"),
    (b'{"NaN":[1,-Infinity]}', "-Infinity at byte 10"),
    (b"[1.5, 1e999]", "1e999 at byte 6"),
    (b"1" * 4_301, "4,300 digits"),
    (b'{"a":1,"a":2}', "the name a occurs more than once"),
    (b'{"a":[{},{"b c":1,"b c":2}]}', 'a[1]["b c"]'),
    (b'{"a":1,"a":NaN', "NaN at byte 11"),
    (b'{"a":1,"a":2', "line 1, column 13"),
    (b'[{"a":[1,2]},{"b":{"c":1,"c":2}}]', "[1].b.c"),
    (b'[{"a":1,"a":2}, 1.2.3]', "line 1, column 20"),
    (b'[5, "NaN", 1.5, {"a":1,"a":2}]', "[3].a"),
    (b'["\\ud800"]', "[0] is not JSON"),
    (b'{"a":{"\\udc00":1}}', "surrogate"),
    (b"[" * 201 + b"]" * 201, "more than 200 levels"),
    (b"[" * 100_000, "more than 200 levels"),
    (b'{"a":' * 300, "more than 200 levels"),
]


@pytest.mark.parametrize(("data", "words"), MALFORMED)
def test_a_malformed_text_is_refused_and_its_place_named(data: bytes, words: str) -> None:
    with pytest.raises(MalformedJson) as refusal:
        parse_json(data)

    assert words in str(refusal.value)


@pytest.mark.parametrize(("data", "words"), MALFORMED)
def test_checking_refuses_what_parsing_refuses(data: bytes, words: str) -> None:
    with pytest.raises(MalformedJson):
        check_json(data)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b' {"a": [1, 2.5, true, null]} ', {"a": [1, 2.5, True, None]}),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\u0000"', "\x00"),
        (b'["NaN", "Infinity"]', ["NaN", "Infinity"]),
        (b"123456789012345678901234567890", 123456789012345678901234567890),
        (b'{"a":{"x":1},"b":{"x":1}}', {"a": {"x": 1}, "b": {"x": 1}}),
        (b'"' + b"[" * 1_000 + b'"', "[" * 1_000),
    ],
)
def test_a_proper_text_is_read(data: bytes, value: object) -> None:
    assert parse_json(data) == value


def test_two_hundred_levels_are_accepted() -> None:
    assert parse_json(b"[" * 200 + b"]" * 200)


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert parse_json(b"[" + b"[]," * 10_000 + b"[]]")


def test_a_text_that_is_too_deep_for_what_is_left_of_the_stack_is_refused() -> None:
    assert "flatten it" in str(explain_text(b"[[]]", RecursionError()))


def test_a_text_may_be_given_as_str() -> None:
    assert parse_json('{"a":"é"}') == {"a": "é"}


def test_a_str_with_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(MalformedJson, match="character 1"):
        parse_json('"\ud800"')


def test_a_text_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(PayloadTooLarge) as refusal:
        parse_json(b"[" * 2_000_000)

    assert (refusal.value.size, refusal.value.limit) == (2_000_000, 1_048_576)


def test_the_limit_may_be_another() -> None:
    with pytest.raises(PayloadTooLarge):
        parse_json(b'"abc"', limit=4)


@given(json_values)
def test_what_is_written_is_read_as_it_was(value: object) -> None:
    assert parse_json(dump_json(value)) == value


@given(json_values)
def test_parsing_agrees_with_the_standard_library(value: object) -> None:
    text = json.dumps(value)

    assert parse_json(text) == json.loads(text)


def test_json_is_written_compact_and_in_the_order_given() -> None:
    assert dump_json({"b": [1, None], "a": "é"}) == '{"b":[1,null],"a":"é"}'.encode()


def _endless() -> list[object]:
    loop: list[object] = []
    loop.append(loop)
    return loop


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a": [1, math.nan]}, "a[1] is not JSON: nan"),
        (math.inf, "the value is not JSON: inf"),
        ({"a": {"b": "\ud800"}}, "a.b is not JSON"),
        ([{"a": 1}, math.nan], "[1] is not JSON"),
        ({"\udc00": 1}, "surrogate"),
        ({"a": {1: 2}}, "a is not JSON: the name 1 is not a string"),
        ({"a b": [b"x"]}, '["a b"][0] is not JSON: a bytes is not a JSON value'),
        (object(), "object is not a JSON value"),
        ([10**5_000], "[0] is not JSON: the number has more than 4,300 digits"),
        (_endless(), "more than 200 levels"),
    ],
)
def test_a_value_that_json_cannot_hold_is_refused_with_its_path(value: object, words: str) -> None:
    with pytest.raises(MalformedJson) as refusal:
        dump_json(value)

    assert words in str(refusal.value)


def test_equal_payloads_have_equal_hashes_of_sixteen_bytes() -> None:
    assert payload_hash(b"{}") == payload_hash(b"{}")
    assert payload_hash(b"{}") != payload_hash(b"[]")
    assert len(payload_hash(b"{}")) == 16
