from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

import pytest
from pydantic import Field

from beltline.core.errors import InvalidInput, InvalidResult
from beltline.definitions.step_result import StepResult


@dataclass
class Receipt:
    number: int


async def pay(number: int) -> Receipt:
    return Receipt(number)


def count() -> int:
    return 1


def choose() -> Annotated[Literal["a", "b"], Field()]:
    return "a"


def test_a_result_is_read_as_the_annotation_says() -> None:
    result = StepResult("pay", pay)

    assert result.load(result.dump(Receipt(7))) == Receipt(7)


@pytest.mark.parametrize("function", [partial(pay, 7), partial(partial(pay), number=7)])
def test_a_partial_has_the_type_of_its_function(function: partial[object]) -> None:
    assert StepResult("pay", function).load('{"number":7}') == Receipt(7)


def test_a_method_has_its_type() -> None:
    class Shop:
        def pay(self) -> Receipt:
            return Receipt(1)

    assert StepResult("pay", Shop().pay).load('{"number":7}') == Receipt(7)


def test_a_function_without_annotation_gives_plain_json() -> None:
    result = StepResult("any", lambda: (1, {"a": None}))

    assert result.load(result.dump((1, {"a": None}))) == [1, {"a": None}]
    assert result.load(result.dump(None)) is None


def test_a_remembered_result_that_no_longer_fits_is_named() -> None:
    with pytest.raises(InvalidResult, match="the result of 'count'"):
        StepResult("count", count).load('"three"')


def test_an_extended_annotation_counts() -> None:
    with pytest.raises(InvalidResult, match="the result of 'choose'"):
        StepResult("choose", choose).dump("c")


def test_an_annotation_that_nobody_knows_is_refused() -> None:
    def odd() -> Unheard:  # type: ignore[name-defined]  # noqa: F821 - that is the fault
        return 1

    with pytest.raises(InvalidInput, match="step 'odd' cannot be read"):
        StepResult("odd", odd)
