"""What every example does around its story."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.stage.run import at_least, options_of, run


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """An example sets these; afterwards they are as before."""
    for variable in ("BELTLINE_STORE", "BELTLINE_NAMESPACE", "BELTLINE_OBJECTS"):
        monkeypatch.setenv(variable, "")


def run_in(folder: Path, *words: str, name: str = "maintenance") -> int:
    return run(name, options_of(name, None).parse_args(["--folder", str(folder), *words]))


def test_a_folder_that_holds_other_files_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("all of it")

    code = run_in(tmp_path)

    assert code == 2
    assert "holds what no example wrote: name another folder with --folder" in capsys.readouterr().out
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_of_an_earlier_run_is_emptied(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    nowhere = f"sqlite:///{tmp_path}/nowhere/beltline.db"
    run_in(folder, "--store", nowhere)
    (folder / "left.txt").touch()

    run_in(folder, "--store", nowhere)

    assert not (folder / "left.txt").exists()


def test_a_store_that_cannot_be_reached_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run_in(tmp_path / "out", "--store", f"sqlite:///{tmp_path}/nowhere/beltline.db")

    said = capsys.readouterr().out
    assert code == 1
    assert "the example stopped: " in said
    assert "nowhere" in said


def test_a_package_that_is_not_installed_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run_in(tmp_path / "out", name="gone")

    assert code == 2
    assert "cannot start: No module named 'examples.gone': run `make setup`" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["-1", "39", "many"])
def test_an_option_out_of_its_range_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = options_of("training", None)
    parser.add_argument("--epochs", type=at_least(40, int))

    with pytest.raises(SystemExit):
        parser.parse_args(["--epochs", text])

    assert "argument --epochs: " in capsys.readouterr().err
