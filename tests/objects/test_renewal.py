"""Objects are encrypted anew under their names, while others read and write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from beltline.core.errors import ObjectCorrupt, ObjectKeyUnknown, ObjectMissing
from beltline.objects.objects import Objects, Standing
from beltline.objects.reference import Reference
from tests.objects.test_objects import DATA, file_of, keep, opened

ROTATED = ("b=env:B", "a=env:A")


async def standing(objects: Objects, reference: Reference) -> Standing:
    [found] = await objects.keys_of([reference.name])
    assert isinstance(found, Standing)
    return found


@pytest.mark.parametrize(("keys", "key_id"), [((), ""), (("a=env:A",), "a")], ids=["plain", "encrypted"])
async def test_an_old_object_is_read_with_the_new_key_alone(
    tmp_path: Path, keys: tuple[str, ...], key_id: str
) -> None:
    reference = await keep(opened(tmp_path, *keys))
    objects = opened(tmp_path, *ROTATED)
    assert await standing(objects, reference) == Standing(key_id, is_current=False)

    assert await objects.renew([reference.name]) == [None]

    assert await standing(objects, reference) == Standing("b", is_current=True)
    assert DATA not in file_of(tmp_path, reference).read_bytes()
    assert await opened(tmp_path, "b=env:B").fetch(reference) == DATA


async def test_doing_it_twice_writes_the_same_bytes(tmp_path: Path) -> None:
    reference = await keep(opened(tmp_path, "a=env:A"))
    objects = opened(tmp_path, *ROTATED)
    await objects.renew([reference.name])
    once = file_of(tmp_path, reference).read_bytes()

    assert await objects.renew([reference.name]) == [None]

    assert file_of(tmp_path, reference).read_bytes() == once


async def test_who_has_no_key_is_told_which_one_a_renewed_object_needs(tmp_path: Path) -> None:
    reference = await keep(opened(tmp_path))
    await opened(tmp_path, "a=env:A").renew([reference.name])

    with pytest.raises(ObjectKeyUnknown, match="the key 'a'"):
        await opened(tmp_path).fetch(reference)


async def test_another_key_of_the_same_id_is_not_the_current_one(tmp_path: Path) -> None:
    reference = await keep(opened(tmp_path, "a=env:A"))

    found = await standing(opened(tmp_path, "a=env:B"), reference)

    assert found == Standing("a", is_current=False)


async def test_a_plain_object_that_looks_encrypted_is_told_by_its_hash(tmp_path: Path) -> None:
    content = b"BLO1\x01a" + bytes(100)
    reference = await keep(opened(tmp_path), content)
    objects = opened(tmp_path, "a=env:A")
    assert await objects.fetch(reference) == content
    assert await standing(objects, reference) == Standing("", is_current=False)

    assert await objects.renew([reference.name]) == [None]

    assert await standing(objects, reference) == Standing("a", is_current=True)
    assert await objects.fetch(reference) == content


async def test_an_object_that_cannot_be_read_stays_as_it_is(tmp_path: Path) -> None:
    plain, sealed = await keep(opened(tmp_path)), await keep(opened(tmp_path, "a=env:A"))
    gone = await keep(opened(tmp_path), job="j2")
    file_of(tmp_path, plain).write_bytes(b"scribble")
    file_of(tmp_path, gone).unlink()

    errors = await opened(tmp_path, "b=env:B").renew([plain.name, sealed.name, gone.name])

    assert [type(error) for error in errors] == [ObjectCorrupt, ObjectKeyUnknown, ObjectMissing]
    assert file_of(tmp_path, plain).read_bytes() == b"scribble"
    assert await opened(tmp_path, "a=env:A").fetch(sealed) == DATA
