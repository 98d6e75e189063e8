from __future__ import annotations

import random
from hashlib import sha256

import pytest
from hypothesis import given, strategies as st

from beltline.core.ids import ALPHABET, ChildIds, created_at, new_id, new_ids

MOMENTS = st.integers(0, 2**48 * 1_000)


@given(now=MOMENTS, seed=st.integers())
def test_an_id_is_26_characters_of_the_alphabet(now: int, seed: int) -> None:
    made = new_id(now, random.Random(seed))

    assert len(made) == 26
    assert set(made) <= set(ALPHABET)


@given(now=MOMENTS, seed=st.integers())
def test_an_id_tells_its_millisecond(now: int, seed: int) -> None:
    assert created_at(new_id(now, random.Random(seed))) == now // 1_000 * 1_000


@given(first=MOMENTS, later=st.integers(1_000, 10**15), seed=st.integers())
def test_an_id_sorts_after_those_of_earlier_milliseconds(first: int, later: int, seed: int) -> None:
    chance = random.Random(seed)

    assert new_id(first, chance).encode() < new_id(first + later, chance).encode()


def test_ids_of_one_moment_differ() -> None:
    chance = random.Random(1)

    assert len({new_id(1, chance) for _ in range(10_000)}) == 10_000


def test_the_same_seed_gives_the_same_ids() -> None:
    assert new_id(1, random.Random(5)) == new_id(1, random.Random(5))


def test_an_id_of_a_known_moment_is_known() -> None:
    class Ones:
        def getrandbits(self, k: int, /) -> int:
            return (1 << k) - 1

        def random(self) -> float:
            return 0.0

    assert new_id(1_893_499_200_000_000, Ones()) == "01q3enhrg0" + "z" * 16


@given(now=MOMENTS, seed=st.integers(), count=st.integers(0, 50))
def test_ids_that_are_drawn_at_once_are_ids_in_their_order(now: int, seed: int, count: int) -> None:
    made = new_ids(now, random.Random(seed), count)

    assert len(made) == count
    assert made == sorted(set(made))
    assert {created_at(each) for each in made} <= {now // 1_000 * 1_000}
    assert all(len(each) == 26 and set(each) <= set(ALPHABET) for each in made)


def test_ids_of_two_draws_of_one_moment_differ() -> None:
    chance = random.Random(1)
    made = [each for _ in range(100) for each in new_ids(1, chance, 100)]

    assert len(set(made)) == 10_000


def test_more_ids_than_one_draw_counts_are_drawn_again() -> None:
    made = new_ids(1, random.Random(2), 2**20 + 3)

    assert len(set(made)) == 2**20 + 3
    assert made[-1][:22] != made[0][:22]


@pytest.mark.parametrize("char", ["i", "l", "o", "u"])
def test_the_alphabet_has_no_letter_that_is_easily_misread(char: str) -> None:
    assert char not in ALPHABET


@pytest.mark.parametrize("parent", [new_id(1_700_000_000_000_000, random.Random(3)), "order-17"])
def test_children_sort_beside_their_siblings_and_not_among_those_of_another(parent: str) -> None:
    mine = [ChildIds(parent).of("resize", sha256(b"%d" % number).digest(), 0) for number in range(50)]
    others = [ChildIds(mine[0]).of("resize", sha256(b"%d" % number).digest(), 0) for number in range(50)]

    assert len(set(mine + others)) == 100
    assert {len(each) for each in mine} == {26}
    assert all(set(each) <= set(ALPHABET) for each in mine)
    assert len({each[:14] for each in mine}) == 1
    assert mine[0][:14] not in {each[:14] for each in others}


def test_a_child_is_named_by_what_it_is_in_whatever_order_they_are_asked() -> None:
    parent = new_id(1_700_000_000_000_000, random.Random(3))
    first, again = ChildIds(parent), ChildIds(parent)
    children = [(kind, sha256(b"1").digest(), number) for kind in ("resize", "crop") for number in range(5)]

    forth = [first.of(*child) for child in children]
    back = [again.of(*child) for child in reversed(children)]

    assert forth == back[::-1]
    assert len(set(forth)) == 10
    assert parent[:10] == forth[0][:10]
