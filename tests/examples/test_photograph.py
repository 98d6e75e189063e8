from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from PIL import Image

from examples.demo.inputs import DAMAGED, PHOTOGRAPHS, damage
from examples.demo.photograph import SIZES, DamagedPhotograph, make_thumbnails, read_photograph, write_whole
from examples.stage.shipped import shipped

ROCKET = shipped("skimage", f"data/{DAMAGED}")


def test_every_photograph_is_in_the_package_and_whole() -> None:
    sizes = [read_photograph(shipped("skimage", f"data/{name}"), 0).size for name in PHOTOGRAPHS]

    assert all(min(size) > 100 for size in sizes)


def test_a_photograph_gets_a_thumbnail_of_each_size(tmp_path: Path) -> None:
    made = list(make_thumbnails(ROCKET, 0, tmp_path, 1))

    assert [max(thumbnail.width, thumbnail.height) for thumbnail in made] == list(SIZES)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(thumbnail.file for thumbnail in made)


def test_a_thumbnail_keeps_the_shape_of_its_photograph(tmp_path: Path) -> None:
    small, *_ = make_thumbnails(ROCKET, 0, tmp_path, 1)

    with Image.open(ROCKET) as photograph:
        assert small.width / small.height == pytest.approx(photograph.width / photograph.height, rel=0.02)


def test_a_quarter_turn_swaps_width_and_height(tmp_path: Path) -> None:
    upright, *_ = make_thumbnails(ROCKET, 0, tmp_path, 1)
    turned, *_ = make_thumbnails(ROCKET, 90, tmp_path, 1)

    assert (turned.width, turned.height) == (upright.height, upright.width)


def test_the_checksum_is_that_of_the_file(tmp_path: Path) -> None:
    for thumbnail in make_thumbnails(ROCKET, 0, tmp_path, 1):
        assert hashlib.sha256((tmp_path / thumbnail.file).read_bytes()).hexdigest() == thumbnail.sha256


def test_a_repeated_run_writes_the_same_bytes(tmp_path: Path) -> None:
    first = list(make_thumbnails(ROCKET, 0, tmp_path, 1))
    second = list(make_thumbnails(ROCKET, 0, tmp_path, 2))

    assert second == first


def test_a_cut_off_photograph_is_called_damaged_with_its_name_and_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / DAMAGED
    file.write_bytes(ROCKET.read_bytes())
    damage(file)

    with pytest.raises(DamagedPhotograph, match=r"rocket\.jpg is damaged .*truncated.* replay this job"):
        read_photograph(file, 0)


def test_a_file_that_is_no_image_is_called_so(tmp_path: Path) -> None:
    file = tmp_path / "letter.jpg"
    file.write_text("Dear reader")

    with pytest.raises(DamagedPhotograph, match=r"letter\.jpg is no image"):
        read_photograph(file, 0)


def test_a_missing_photograph_is_missing_not_damaged(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_photograph(tmp_path / "gone.jpg", 0)


def test_the_rest_of_a_killed_run_is_removed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / ".a.jpg.1.part").write_bytes(b"half a fi")

    write_whole(tmp_path / "a.jpg", b"a file", 2)

    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("a.jpg", b"a file")]


def test_what_a_later_run_is_writing_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".a.jpg.3.part").write_bytes(b"half a fi")

    write_whole(tmp_path / "a.jpg", b"a file", 2)

    assert (tmp_path / ".a.jpg.3.part").exists()
