from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from pydantic import Field

from beltline.core.errors import InvalidResult, MalformedJson, PayloadTooLarge
from beltline.core.outcome import Cancel, Snooze
from beltline.definitions.result import ResultType


@dataclass
class Thumb:
    path: str
    width: int


def test_a_typed_result_comes_back_equal() -> None:
    result = ResultType("job", Thumb)

    assert result.load(result.dump(Thumb("a", 1))) == Thumb("a", 1)


def test_a_result_that_does_not_fit_lists_its_faults() -> None:
    with pytest.raises(InvalidResult, match="the result of 'job'") as refusal:
        ResultType("job", Thumb).dump(Thumb(path=1, width="2"))  # type: ignore[arg-type]

    assert [path for path, _ in refusal.value.faults] == ["path", "width"]


def test_a_result_is_strict() -> None:
    with pytest.raises(InvalidResult):
        ResultType("job", int).dump(True)


@pytest.mark.parametrize("annotation", [None, type(None), Any, object])
def test_an_unsaid_result_may_be_any_json(annotation: object) -> None:
    result = ResultType("job", annotation)

    assert result.load(result.dump({"a": [1, None]})) == {"a": [1, None]}


def test_nothing_is_null() -> None:
    assert ResultType.any_json().dump(None) == b"null"
    assert ResultType.any_json().load(b"null") is None


def test_an_unsaid_result_that_is_no_json_is_refused() -> None:
    with pytest.raises(MalformedJson, match="Thumb is not a JSON value"):
        ResultType.any_json().dump(Thumb("a", 1))


@pytest.mark.parametrize("annotation", [Thumb | Snooze, Snooze | Cancel | Thumb])
def test_signals_are_no_part_of_a_result(annotation: object) -> None:
    assert ResultType("job", annotation).dump(Thumb("a", 1)) == b'{"path":"a","width":1}'


def test_a_body_that_returns_only_signals_has_any_result() -> None:
    assert ResultType("job", Snooze).dump(None) == b"null"


@pytest.mark.parametrize("annotation", [None, str])
def test_a_result_over_the_limit_is_refused(annotation: object) -> None:
    with pytest.raises(PayloadTooLarge, match="the result of 'job'"):
        ResultType("job", annotation).dump("x" * 1_048_577)


def test_a_result_with_a_secret_tells_its_schema_and_others_do_not() -> None:
    secret = Annotated[str, Field(json_schema_extra={"format": "password"})]

    assert ResultType("log_in", dict[str, secret]).secret_schema is not None
    assert ResultType("log_in", dict[str, str]).secret_schema is None
    assert ResultType("log_in", None).secret_schema is None
