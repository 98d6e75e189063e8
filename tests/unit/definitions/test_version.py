from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast

from beltline.core.retry import Retry
from beltline.definitions.definition import define


def first() -> Callable[[int], int]:
    def job(n: int) -> int:
        return n + 1

    return job


def first_with_comments() -> Callable[[int], int]:
    def job(n: int) -> int:
        # adds one

        return n + 1

    return job


def second() -> Callable[[int], int]:
    def job(n: int) -> int:
        return n + 2

    return job


def from_text(body: str) -> Callable[[int], int]:
    function = eval(f"lambda n: {body}")  # noqa: S307 - code that has no source file
    function.__annotations__ = {"n": int}
    function.__name__ = "job"
    return cast("Callable[[int], int]", function)


def test_a_version_is_a_short_hash() -> None:
    assert re.fullmatch("h[0-9a-f]{12}", define(first()).version)


def test_equal_code_has_an_equal_version() -> None:
    assert define(first()).version == define(first()).version


def test_comments_and_blank_lines_do_not_change_the_version() -> None:
    assert define(first()).version == define(first_with_comments()).version


def test_other_code_has_another_version() -> None:
    assert define(first()).version != define(second()).version


def test_other_configuration_has_another_version() -> None:
    assert define(first()).version != define(first(), retry=Retry(max_attempts=2)).version


def test_code_without_a_source_is_told_apart_too() -> None:
    assert define(from_text("n + 1")).version == define(from_text("n + 1")).version
    assert define(from_text("n + 1")).version != define(from_text("n + 2")).version
    assert (
        define(from_text("[x for x in (n, 1)]")).version == define(from_text("[x for x in (n, 1)]")).version
    )


def test_a_given_version_is_kept() -> None:
    assert define(first(), version="2026-11").version == "2026-11"
