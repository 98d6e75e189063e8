from __future__ import annotations

import pytest

from beltline.core.errors import ConfigError
from beltline.definitions.definition import define
from beltline.definitions.registry import Registry


def one() -> None: ...
def two() -> None: ...


def test_definitions_are_found_by_name_and_kept_in_order() -> None:
    registry = Registry()
    second, first = define(two), define(one)

    registry.add(second)
    registry.add(first)

    assert registry.get("one") is first
    assert registry.names() == ["two", "one"]
    assert list(registry) == [second, first]
    assert len(registry) == 2


def test_an_unknown_name_has_no_definition() -> None:
    assert Registry().get("one") is None


def test_a_name_that_is_taken_is_refused_and_both_places_are_named() -> None:
    registry = Registry()
    first, second = define(one), define(two, name="one")
    registry.add(first)

    with pytest.raises(ConfigError) as refusal:
        registry.add(second)

    assert first.place in str(refusal.value)
    assert second.place in str(refusal.value)
    assert registry.get("one") is first
