"""Another one: it does not end."""

from __future__ import annotations

from deepmerge import always_merger


def test_a_dictionary_can_be_merged_for_ever() -> None:
    """Need all the time there is."""
    while True:
        always_merger.merge({"a": {"b": 1}}, {"a": {"c": 2}})
