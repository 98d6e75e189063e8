"""The payload that people are given to begin with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

import pytest

from beltline.cli.sample import sample
from beltline.definitions.definition import define


@dataclass
class Image:
    path: str
    size: tuple[int, int]


async def plain(name: str, count: int, ratio: float, sure: bool, width: int = 256) -> None: ...
async def nested(image: Image, kind: Literal["png", "jpg"], others: list[Image]) -> None: ...
async def perhaps(name: str | None, table: dict[str, int]) -> None: ...
async def nothing() -> None: ...


@pytest.mark.parametrize("function", [plain, nested, perhaps, nothing])
def test_it_fits_the_definition(function: object) -> None:
    assert callable(function)
    definition = define(function)

    made = sample(definition.payload.schema)

    assert isinstance(made, dict)
    definition.payload.check(json.dumps(made).encode())


def test_what_is_not_required_is_left_out() -> None:
    made = sample(define(plain).payload.schema)

    assert made == {"name": "text", "count": 1, "ratio": 1.5, "sure": True}
