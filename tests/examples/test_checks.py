"""The demo's checks are no decoration: each finds what it is there to find."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from rich.console import Console

from beltline.core.job import Job
from beltline.core.states import JobState
from examples.demo.checks import (
    all_succeeded,
    killed,
    repeated_starts,
    revived,
    started_again,
    thumbnails_right,
    weather_right,
)
from examples.demo.course import DeadLetter, Story
from examples.demo.inputs import TABLE, Folder
from examples.demo.run import conclude
from examples.demo.table import extract, load, transform
from examples.stage.shipped import shipped
from examples.stage.workers import Kill

JPEG = b"the bytes of a thumbnail"
CHECKSUM = hashlib.sha256(JPEG).hexdigest()


def a_job(job_id: str, *, state: JobState = JobState.SUCCEEDED, runs: int = 1, result: object = None) -> Job:
    empty = Job._make([None] * len(Job._fields))
    return empty._replace(
        id=job_id, definition="thumbnails", state=state, runs=runs, result=json.dumps(result).encode()
    )


def a_story(
    jobs: Iterable[Job],
    *,
    expected: int = 2,
    in_flight: Iterable[str] = ("b",),
    dead_letters: Iterable[DeadLetter] = (),
) -> Story:
    return Story(
        jobs=tuple(jobs),
        attempts={"a": (), "b": ()},
        expected={"thumbnails": expected},
        kill=Kill(1, "worker", frozenset(in_flight)),
        dead_letters=tuple(dead_letters),
        exit_code=0,
        seconds=1.0,
    )


def a_result(name: str = "a.jpg") -> list[Mapping[str, str]]:
    return [{"file": name, "sha256": CHECKSUM}]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.thumbnails.mkdir()
    return made


def test_jobs_that_all_succeeded_pass() -> None:
    assert all_succeeded(a_story([a_job("a"), a_job("b")])).passed


def test_a_missing_job_is_found() -> None:
    assert not all_succeeded(a_story([a_job("a")])).passed


def test_a_job_that_did_not_succeed_is_found() -> None:
    assert not all_succeeded(a_story([a_job("a"), a_job("b", state=JobState.FAILED)])).passed


def test_a_job_too_many_is_found() -> None:
    assert not all_succeeded(a_story([a_job("a"), a_job("b"), a_job("c")])).passed


def test_a_job_in_flight_that_was_done_by_others_passes() -> None:
    assert killed(a_story([a_job("a"), a_job("b", runs=2)])).passed


def test_a_job_in_flight_that_was_lost_is_found() -> None:
    assert not killed(a_story([a_job("a")])).passed


def test_a_kill_of_an_idle_worker_does_not_count() -> None:
    assert not killed(a_story([a_job("a"), a_job("b")], in_flight=())).passed


def test_a_repeated_start_of_a_job_in_flight_passes() -> None:
    assert started_again(a_story([a_job("a"), a_job("b", runs=2)])).passed


def test_a_repeated_start_of_another_job_is_found() -> None:
    assert not started_again(a_story([a_job("a", runs=2), a_job("b")])).passed


def test_more_repeated_starts_than_jobs_in_flight_are_found() -> None:
    assert not started_again(a_story([a_job("a"), a_job("b", runs=3)])).passed


def test_a_replay_is_no_repeated_start() -> None:
    letter = DeadLetter(a_job("a", state=JobState.FAILED), "", JobState.SUCCEEDED)

    story = a_story([a_job("a", runs=2), a_job("b")], dead_letters=[letter])

    assert repeated_starts(story) == {}


@pytest.mark.parametrize(
    ("message", "replayed", "passed"),
    [
        ("rocket.jpg is damaged (…)", JobState.SUCCEEDED, True),
        ("rocket.jpg is damaged (…)", JobState.FAILED, False),
        ("list index out of range", JobState.SUCCEEDED, False),
    ],
)
def test_a_dead_letter_needs_its_reason_and_a_replay_that_succeeds(
    message: str, replayed: JobState, passed: bool
) -> None:
    letter = DeadLetter(a_job("a", state=JobState.FAILED), message, replayed)

    assert revived(a_story([], dead_letters=[letter])).passed is passed


def test_a_run_without_a_dead_letter_is_found() -> None:
    assert not revived(a_story([])).passed


def test_the_expected_thumbnails_pass(folder: Folder) -> None:
    (folder.thumbnails / "a.jpg").write_bytes(JPEG)

    check = thumbnails_right(a_story([a_job("a", result=a_result())]), folder, {"a.jpg": CHECKSUM})

    assert check.passed


def test_half_a_thumbnail_is_found(folder: Folder) -> None:
    (folder.thumbnails / "a.jpg").write_bytes(JPEG[:9])

    check = thumbnails_right(a_story([a_job("a", result=a_result())]), folder, {"a.jpg": CHECKSUM})

    assert not check.passed


def test_a_file_that_a_killed_run_left_is_found(folder: Folder) -> None:
    (folder.thumbnails / "a.jpg").write_bytes(JPEG)
    (folder.thumbnails / ".a.jpg.1.part").write_bytes(JPEG[:9])

    check = thumbnails_right(a_story([a_job("a", result=a_result())]), folder, {"a.jpg": CHECKSUM})

    assert not check.passed


def test_two_jobs_that_made_one_thumbnail_are_found(folder: Folder) -> None:
    (folder.thumbnails / "a.jpg").write_bytes(JPEG)
    jobs = [a_job("a", result=a_result()), a_job("b", result=a_result())]

    check = thumbnails_right(a_story(jobs), folder, {"a.jpg": CHECKSUM})

    assert not check.passed


def test_the_whole_table_in_the_database_passes(folder: Folder) -> None:
    for name, rows in extract(shipped("vega_datasets", f"_data/{TABLE}")).items():
        load(transform(name, rows), folder.weather, 1)

    assert weather_right(folder).passed


def test_a_missing_month_is_found(folder: Folder) -> None:
    for name, rows in list(extract(shipped("vega_datasets", f"_data/{TABLE}")).items())[1:]:
        load(transform(name, rows), folder.weather, 1)

    assert not weather_right(folder).passed


def test_a_database_without_tables_is_found(folder: Folder) -> None:
    assert not weather_right(folder).passed


def test_a_check_that_fails_is_shown_and_is_the_exit_code(folder: Folder) -> None:
    screen = io.StringIO()

    code = conclude(a_story([a_job("a")]), folder, Console(file=screen, width=200))

    assert code == 1
    assert "✗ no job is lost" in screen.getvalue()
    assert "A check failed" in screen.getvalue()
