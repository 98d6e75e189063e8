"""What every place for objects does, on a folder and on a bucket."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from beltline.core.errors import ConfigError, ObjectMissing, ObjectsUnavailable
from beltline.objects.bucket import Bucket
from beltline.objects.contract import Place
from beltline.objects.folder import Folder

NAME = "own/default/20260101/job/digest"
VERBS: Mapping[str, Callable[[Place], object]] = {
    "put": lambda place: place.put(NAME, b"x"),
    "get": lambda place: place.get(NAME),
    "peek": lambda place: place.peek(NAME, 1),
    "folders": lambda place: place.folders("own/"),
    "names": lambda place: list(place.names("own/")),
    "delete": lambda place: place.delete([NAME]),
}


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Folder(tmp_path / "objects") if request.param == "folder" else Bucket("memory:///")


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port at which nobody listens, and nobody else will while the test runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def all_names(place: Place, prefix: str) -> list[str]:
    return sorted(name for names in place.names(prefix) for name in names)


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 1_000])
def test_an_object_reads_back_as_it_was_written(place: Place, data: bytes) -> None:
    place.put(NAME, data)

    assert place.get(NAME) == data


@pytest.mark.parametrize("data", [b"", b"x", b"xyz", bytes(10_000)])
def test_its_beginning_can_be_read_alone(place: Place, data: bytes) -> None:
    place.put(NAME, data)

    assert place.peek(NAME, 2) == data[:2]


def test_the_beginning_of_an_object_that_is_not_there_is_missing_too(place: Place) -> None:
    place.put(f"{NAME}-2", b"x")

    with pytest.raises(ObjectMissing):
        place.peek(NAME, 2)


def test_writing_it_again_replaces_it(place: Place) -> None:
    place.put(NAME, b"one")
    place.put(NAME, b"two")

    assert place.get(NAME) == b"two"
    assert all_names(place, "own/") == [NAME]


def test_an_object_that_is_not_there_is_missing(place: Place) -> None:
    place.put(NAME, b"one")

    with pytest.raises(ObjectMissing, match="digest2"):
        place.get(f"{NAME}2")


def test_folders_are_the_next_parts_of_the_names(place: Place) -> None:
    for name in ("own/a/20260102/j/x", "own/a/20260101/j/x", "own/a/20260101/k/x", "own/ab/20260103/j/x"):
        place.put(name, b"")

    assert place.folders("own/a/") == ["20260101", "20260102"]
    assert place.folders("nobody/a/") == []


def test_names_are_those_under_the_prefix(place: Place) -> None:
    for name in ("own/a/1/j/x", "own/a/1/j/y", "own/a/2/j/x"):
        place.put(name, b"")

    assert all_names(place, "own/a/1/") == ["own/a/1/j/x", "own/a/1/j/y"]
    assert all_names(place, "own/a/3/") == []


def test_what_is_removed_is_gone_also_where_it_was_gone_before(place: Place) -> None:
    place.put(NAME, b"")
    place.put(f"{NAME}2", b"")

    place.delete([NAME, "own/default/20260101/job/never"])

    assert all_names(place, "own/") == [f"{NAME}2"]


def test_a_folder_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    root = tmp_path / "objects"
    Folder(root).put(NAME, b"private")

    assert {path.stat().st_mode & 0o077 for path in [root, *root.rglob("*")]} == {0}


def test_a_folder_that_lost_its_last_object_goes_too(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.put("own/a/20260101/j/x", b"")

    folder.delete(["own/a/20260101/j/x"])

    assert not (tmp_path / "own/a/20260101").exists()


def test_a_folder_that_is_not_mounted_loses_nothing(tmp_path: Path) -> None:
    with pytest.raises(ObjectsUnavailable, match="see to the folder"):
        Folder(tmp_path / "unmounted").get(NAME)


def test_a_folder_that_cannot_be_written_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("a file where a folder must be")

    with pytest.raises(ObjectsUnavailable, match="cannot write the object"):
        Folder(tmp_path).put(NAME, b"x")

    assert [path.name for path in tmp_path.iterdir()] == ["own"]


def test_what_a_crash_left_half_written_is_listed_for_removal_and_is_no_object(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.put(NAME, b"whole")
    (tmp_path / f"{NAME}2.1-1.draft").write_bytes(b"ha")

    assert all_names(folder, "own/") == [NAME, f"{NAME}2.1-1.draft"]
    with pytest.raises(ObjectMissing):
        folder.get(f"{NAME}2")


@pytest.mark.parametrize("verb", VERBS)
def test_a_bucket_at_a_closed_port_is_unavailable(closed_port: int, verb: str) -> None:
    options = "region=here&access_key_id=a&secret_access_key=b"
    bucket = Bucket(f"s3://bucket/path?endpoint=http://127.0.0.1:{closed_port}&{options}")

    with pytest.raises(ObjectsUnavailable, match="s3://bucket/path") as caught:
        VERBS[verb](bucket)

    assert "Debug source" not in str(caught.value)


@pytest.mark.parametrize("url", ["s3://", "s3://bucket?nonsense=1"])
def test_a_url_that_names_no_bucket_is_a_fault_of_the_configuration(url: str) -> None:
    with pytest.raises(ConfigError, match=r"objects\.url"):
        Bucket(url)
