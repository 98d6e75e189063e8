"""A test that somebody has just added: it merges lists until no machine has room for them."""

from __future__ import annotations

from deepmerge import always_merger

PART = 1_000_000


def test_lists_can_be_merged_for_ever() -> None:
    """Need all the memory there is."""
    merged: dict[str, list[int]] = {"numbers": []}
    while True:
        always_merger.merge(merged, {"numbers": list(range(PART))})
