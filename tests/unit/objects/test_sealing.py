from __future__ import annotations

import pytest

from beltline.core.errors import ObjectCorrupt, ObjectKeyUnknown
from beltline.objects.sealing import Keyring

OLD, NEW, OTHER = (bytes([n]) * 32 for n in (1, 2, 3))
NAME = "own/default/20260101/job/digest"
PLAIN = b'{"card":"4111"}'


def keyring(**keys: bytes) -> Keyring:
    return Keyring(keys)


def test_what_is_sealed_shows_nothing_and_opens_again() -> None:
    ring = keyring(new=NEW)

    sealed = ring.close(NAME, PLAIN)

    assert PLAIN not in sealed
    assert NEW not in sealed
    assert b"new" in sealed[:16]
    assert ring.open(NAME, sealed, "here") == PLAIN


def test_an_old_key_goes_on_reading_after_a_rotation() -> None:
    sealed = keyring(old=OLD).close(NAME, PLAIN)

    assert keyring(new=NEW, old=OLD).open(NAME, sealed, "here") == PLAIN


def test_the_first_key_is_the_one_that_writes() -> None:
    sealed = keyring(new=NEW, old=OLD).close(NAME, PLAIN)

    assert keyring(new=NEW).open(NAME, sealed, "here") == PLAIN


def test_a_key_that_is_not_given_is_named() -> None:
    sealed = keyring(old=OLD).close(NAME, PLAIN)

    with pytest.raises(ObjectKeyUnknown, match=r"'old', which objects\.keys does not name") as caught:
        keyring(new=NEW).open(NAME, sealed, "here")

    assert caught.value.key_id == "old"


def test_another_key_under_the_same_id_is_named() -> None:
    sealed = keyring(old=OLD).close(NAME, PLAIN)

    with pytest.raises(ObjectKeyUnknown, match="the id 'old' is not the one") as caught:
        keyring(old=OTHER).open(NAME, sealed, "here")

    assert caught.value.key_id == "old"


@pytest.mark.parametrize("place", [-1, -20, 24])
def test_a_changed_byte_is_found(place: int) -> None:
    ring = keyring(new=NEW)
    sealed = bytearray(ring.close(NAME, PLAIN))
    sealed[place] ^= 1

    with pytest.raises(ObjectCorrupt, match="changed after"):
        ring.open(NAME, bytes(sealed), "here")


def test_an_object_does_not_open_under_the_name_of_another() -> None:
    ring = keyring(new=NEW)
    sealed = ring.close(NAME, PLAIN)

    with pytest.raises(ObjectCorrupt):
        ring.open(f"{NAME}2", sealed, "here")


@pytest.mark.parametrize("data", [b"", b"BLO1", b"BLO1\x03abc", PLAIN])
def test_what_was_never_sealed_is_corrupt(data: bytes) -> None:
    with pytest.raises(ObjectCorrupt, match="not encrypted"):
        keyring(new=NEW).open(NAME, data, "here")


def test_a_repeated_write_is_the_same_and_two_contents_are_not() -> None:
    ring = keyring(new=NEW)

    assert ring.close(NAME, PLAIN) == ring.close(NAME, PLAIN)
    assert ring.digest(PLAIN) == ring.digest(PLAIN)
    assert ring.digest(PLAIN) != ring.digest(PLAIN + b" ")


def test_a_digest_cannot_be_guessed_without_the_key() -> None:
    assert keyring(a=OLD).digest(PLAIN) != keyring(a=NEW).digest(PLAIN)
