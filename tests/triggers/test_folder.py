"""A folder is listed name by name, and not at all where nothing can have changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from beltline.objects.bucket import Bucket
from beltline.triggers.contract import Unreachable
from beltline.triggers.folder import FolderListing
from beltline.triggers.places import BucketListing, open_listing


async def names(listing: FolderListing, limit: int = 2) -> list[str]:
    found: list[str] = []
    after = ""
    while True:
        page = await listing.page(after, limit)
        found += [each.name for each in page.found]
        if page.until is None:
            return found
        after = page.until


async def test_files_are_listed_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b/2", "a", "b/1", "c-d", "b-0", "é"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name, "utf-8")
    (tmp_path / "loop").symlink_to(tmp_path)

    found = await names(FolderListing(str(tmp_path)))

    assert found == ["a", "b-0", "b/1", "b/2", "c-d", "é"]


async def test_the_mark_changes_with_the_content(tmp_path: Path) -> None:
    listing = FolderListing(str(tmp_path))
    (tmp_path / "a").write_bytes(b"1")
    [before] = (await listing.page("", 10)).found
    (tmp_path / "a").write_bytes(b"12")

    [after] = (await listing.page("", 10)).found

    assert (before.size, after.size) == (1, 2)
    assert before.mark != after.mark


async def test_a_folder_whose_time_stood_still_over_two_looks_is_unchanged(tmp_path: Path) -> None:
    listing = FolderListing(str(tmp_path))
    (tmp_path / "in").mkdir()
    first = await listing.is_unchanged()
    await listing.page("", 10)
    second = await listing.is_unchanged()
    await listing.page("", 10)
    third = await listing.is_unchanged()
    (tmp_path / "in" / "a").touch()
    os.utime(tmp_path / "in", ns=(0, 7))

    assert (first, second, third, await listing.is_unchanged()) == (False, False, True, False)


async def test_a_folder_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="cannot be read: No such file"):
        await FolderListing(str(tmp_path / "none")).page("", 10)


async def test_a_file_that_goes_while_it_is_listed_ends_no_page(tmp_path: Path) -> None:
    listing = FolderListing(str(tmp_path))
    for name in "abcd":
        (tmp_path / name).touch()
    await listing.page("", 1)
    for name in "bc":
        (tmp_path / name).unlink()

    page = await listing.page("a", 2)

    assert (list(page.found), page.until) == ([], "c")


async def test_who_goes_on_where_another_ended_reads_the_names_anew(tmp_path: Path) -> None:
    listing = FolderListing(str(tmp_path))
    for name in "abc":
        (tmp_path / name).touch()
    await listing.page("", 10)
    (tmp_path / "d").touch()

    page = await listing.page("b", 10)

    assert [each.name for each in page.found] == ["c", "d"]


async def test_a_bucket_is_listed_in_pages_by_name() -> None:
    bucket = Bucket("memory:///")
    for name in ("in/b", "in/a", "c"):
        bucket.put(name, name.encode())
    listing = BucketListing(bucket, "memory:///")

    first = await listing.page("", 2)
    rest = await listing.page("in/a", 2)

    assert [each.name for each in first.found] == ["c", "in/a"]
    assert (first.until, [each.name for each in rest.found], rest.until) == ("in/a", ["in/b"], None)
    assert {each.size for each in rest.found} == {4}
    assert not await listing.is_unchanged()


async def test_a_bucket_with_another_content_has_another_mark() -> None:
    bucket = Bucket("memory:///")
    bucket.put("a", b"1")
    listing = BucketListing(bucket, "memory:///in/")
    [before] = (await listing.page("", 2)).found
    bucket.put("a", b"2")

    [after] = (await listing.page("", 2)).found

    assert before.mark != after.mark
    assert listing.url("a") == "memory:///in/a"


def test_the_place_decides_what_lists_it(tmp_path: Path) -> None:
    folder = open_listing(str(tmp_path))

    assert folder.url("a/b") == f"{tmp_path}/a/b"
    assert open_listing(f"file://{tmp_path}").url("a") == f"{tmp_path}/a"
    assert isinstance(open_listing("memory:///"), BucketListing)
