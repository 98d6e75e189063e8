from __future__ import annotations

import pytest

from beltline.core.audit import GENESIS, chain_hash

FIELDS = ("ann", "job.cancel", "job/1", "why", "{}", "{}")


def test_a_hash_is_64_hex_characters_that_repeat() -> None:
    first = chain_hash(GENESIS, "default", 1, 5, FIELDS)

    assert len(first) == 64
    assert int(first, 16) >= 0
    assert first == chain_hash(GENESIS, "default", 1, 5, FIELDS)


@pytest.mark.parametrize("position", range(len(FIELDS)))
def test_every_field_counts(position: int) -> None:
    other = (*FIELDS[:position], "x", *FIELDS[position + 1 :])

    assert chain_hash(GENESIS, "default", 1, 5, FIELDS) != chain_hash(GENESIS, "default", 1, 5, other)


def test_what_stands_before_and_around_counts() -> None:
    variants = {
        chain_hash(GENESIS, "default", 1, 5, FIELDS),
        chain_hash("1" * 64, "default", 1, 5, FIELDS),
        chain_hash(GENESIS, "other", 1, 5, FIELDS),
        chain_hash(GENESIS, "default", 2, 5, FIELDS),
        chain_hash(GENESIS, "default", 1, 6, FIELDS),
    }

    assert len(variants) == 5


def test_a_text_moved_from_one_field_to_the_next_counts() -> None:
    assert chain_hash(GENESIS, "n", 1, 5, ("ab", "c")) != chain_hash(GENESIS, "n", 1, 5, ("a", "bc"))
    assert chain_hash(GENESIS, "n", 1, 5, ('a","b', "c")) != chain_hash(GENESIS, "n", 1, 5, ("a", 'b","c'))
