"""A folder is listed name by name, and not at all where nothing can have changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from beltline.triggers.contract import Unreachable
from beltline.triggers.folder import FolderListing
from beltline.triggers.places import open_listing


async def names(listing: FolderListing, limit: int = 2) -> list[str]:
    found: list[str] = []
    after = ""
    while True:
        page = await listing.page(after, limit)
        found += [each.name for each in page.found]
        if page.is_last:
            return found
        after = found[-1]


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


async def test_a_bucket_is_listed_in_pages(tmp_path: Path) -> None:
    listing = open_listing("memory:///")

    page = await listing.page("", 10)

    assert (list(page.found), page.is_last) == ([], True)
    assert listing.url("a/b") == "memory:/a/b" or listing.url("a/b").endswith("/a/b")
