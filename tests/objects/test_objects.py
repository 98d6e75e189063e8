"""Objects: what comes back is what was written, or an error that says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from beltline.config import ObjectsConfig
from beltline.core.clock import DAY
from beltline.core.errors import (
    ConfigError,
    ObjectCorrupt,
    ObjectKeyUnknown,
    ObjectMissing,
    PayloadTooLarge,
)
from beltline.core.values import MIB
from beltline.objects.objects import Objects
from beltline.objects.open import objects_for
from beltline.objects.reference import Reference
from tests.clocks import NOON

DATA = b'"' + b"x" * 100_000 + b'"'
KEYS = {"A": "aa" * 32, "B": "bb" * 32}


def opened(tmp_path: Path, *keys: str) -> Objects:
    config = ObjectsConfig(url=f"file://{tmp_path}/objects", limit=MIB, keys=keys)
    found = objects_for(config, "postgresql://host/db", KEYS)
    assert found is not None
    found.owner = "0a1b"
    return found


def file_of(tmp_path: Path, reference: Reference) -> Path:
    return tmp_path / "objects" / reference.name


async def keep(objects: Objects, data: bytes = DATA, *, at: int = NOON, job: str = "j1") -> Reference:
    [reference] = await objects.keep("default", [(job, data)], at=at, what="the payload")
    return reference


@pytest.mark.parametrize("keys", [(), ("a=env:A",)], ids=["plain", "encrypted"])
async def test_what_was_kept_is_fetched(tmp_path: Path, keys: tuple[str, ...]) -> None:
    objects = opened(tmp_path, *keys)

    reference = await keep(objects)

    assert await objects.fetch(reference) == DATA
    assert reference.size == len(DATA)
    assert (DATA in file_of(tmp_path, reference).read_bytes()) == (not keys)


async def test_keeping_it_again_is_the_same_object(tmp_path: Path) -> None:
    objects = opened(tmp_path)

    assert await keep(objects) == await keep(objects)
    assert [len(names) async for names in objects.written("default", "20300101")] == [1]


async def test_two_jobs_never_share_an_object(tmp_path: Path) -> None:
    objects = opened(tmp_path)

    assert (await keep(objects, job="j1")).name != (await keep(objects, job="j2")).name


async def test_keys_turned_on_do_not_replace_what_was_written_without(tmp_path: Path) -> None:
    plain = await keep(opened(tmp_path))
    sealed = await keep(opened(tmp_path, "a=env:A"))

    assert await opened(tmp_path, "a=env:A").fetch(plain) == DATA
    assert await opened(tmp_path, "a=env:A").fetch(sealed) == DATA


async def test_what_was_encrypted_names_its_key_where_there_is_none(tmp_path: Path) -> None:
    reference = await keep(opened(tmp_path, "a=env:A"))

    for objects in (opened(tmp_path), opened(tmp_path, "b=env:B"), opened(tmp_path, "a=env:B")):
        with pytest.raises(ObjectKeyUnknown, match="'a'"):
            await objects.fetch(reference)


@pytest.mark.parametrize("keys", [(), ("a=env:A",)], ids=["plain", "encrypted"])
async def test_a_changed_object_is_corrupt(tmp_path: Path, keys: tuple[str, ...]) -> None:
    objects = opened(tmp_path, *keys)
    reference = await keep(objects)
    file = file_of(tmp_path, reference)
    file.write_bytes(file.read_bytes()[:-5] + b"other")

    with pytest.raises(ObjectCorrupt, match="restore it"):
        await objects.fetch(reference)


async def test_a_removed_object_is_missing(tmp_path: Path) -> None:
    objects = opened(tmp_path)
    reference = await keep(objects)

    await objects.remove([reference.name])
    await keep(objects, job="j2")

    with pytest.raises(ObjectMissing, match="submit it again"):
        await objects.fetch(reference)


async def test_a_name_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    objects = opened(tmp_path)
    (tmp_path / "secret").write_bytes(b"x")

    with pytest.raises(ObjectMissing):
        await objects.fetch(Reference("../secret", "0" * 64, 1))


async def test_more_than_the_limit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PayloadTooLarge, match="the payload has 1,048,577 bytes"):
        await keep(opened(tmp_path), b"x" * (MIB + 1))

    assert not (tmp_path / "objects").exists()


async def test_days_and_names_are_those_of_the_namespace_and_the_owner(tmp_path: Path) -> None:
    objects = opened(tmp_path)
    old = await keep(objects, at=NOON - DAY)
    await keep(objects)
    await objects.keep("other", [("j", b"x")], at=NOON - 2 * DAY, what="the payload")
    foreign = opened(tmp_path)
    foreign.owner = "ffff"
    await keep(foreign, at=NOON - 3 * DAY)

    days = await objects.days("default")

    assert days == ["20291231", "20300101"]
    assert [names async for names in objects.written("default", days[0])] == [[old.name]]


async def test_a_closed_one_goes_on_when_it_is_needed(tmp_path: Path) -> None:
    objects = opened(tmp_path)
    reference = await keep(objects)

    objects.close()

    assert await objects.fetch(reference) == DATA
    objects.close()


def test_without_a_url_they_lie_beside_the_file_of_the_store() -> None:
    objects = objects_for(ObjectsConfig(), "sqlite:////var/lib/jobs.db", {})

    assert objects is not None
    assert objects.shown == "/var/lib/jobs.db.objects"


@pytest.mark.parametrize("url", ["sqlite:///:memory:", "postgresql://host/db"])
def test_a_store_without_a_file_has_none_without_a_url(url: str) -> None:
    assert objects_for(ObjectsConfig(), url, {}) is None


def test_keys_without_a_place_are_a_fault() -> None:
    with pytest.raises(ConfigError, match="no place"):
        objects_for(ObjectsConfig(keys=("a=env:A",)), "postgresql://host/db", KEYS)
