"""Building and testing in processes: limits hold, neighbours are untouched, the wheel is right."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from examples.ci.building import build_wheel
from examples.ci.expected import unequal_files
from examples.ci.project import check_out
from tests.examples.running import expect_what_the_page_shows, run_example


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    check_out(folder)
    return folder


def test_two_tests_that_need_too_much_hurt_no_other(tmp_path: Path) -> None:
    ended = run_example("ci", tmp_path / "built here")

    expect_what_the_page_shows("ci", ended)


@pytest.mark.proof
def test_the_build_runs_on_postgresql(tmp_path: Path, postgres_schema_url: str) -> None:
    ended = run_example("ci", tmp_path / "out", "--store", postgres_schema_url)

    expect_what_the_page_shows("ci", ended)


def test_a_wheel_that_is_not_the_sources_is_found(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)  # and back: building moves there
    wheel = build_wheel(project, project / "dist").path
    assert unequal_files(wheel, project) == []

    with (project / "src/deepmerge/merger.py").open("a") as file:
        file.write("# one more line\n")

    assert unequal_files(wheel, project) == ["deepmerge/merger.py"]


def test_a_wheel_whose_list_is_wrong_is_found(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    wheel = build_wheel(project, project / "dist").path

    with zipfile.ZipFile(wheel, "a") as opened:
        opened.writestr("stowaway.py", "")

    assert unequal_files(wheel, project) == ["stowaway.py"]
