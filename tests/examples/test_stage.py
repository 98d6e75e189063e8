"""What every example does around its story."""

from __future__ import annotations

from pathlib import Path

from tests.examples.running import run_example


def test_a_folder_that_holds_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all of it")

    ended = run_example("maintenance", tmp_path)

    assert ended.returncode == 2
    assert "holds what no example wrote: name another folder with --folder" in ended.stdout
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_store_that_cannot_be_reached_is_said(tmp_path: Path) -> None:
    ended = run_example(
        "maintenance", tmp_path / "out", "--store", f"sqlite:///{tmp_path}/nowhere/beltline.db"
    )

    assert ended.returncode == 1
    assert "the example stopped: " in ended.stdout
    assert "nowhere" in ended.stdout
    assert ended.stderr == ""
