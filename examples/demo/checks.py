"""What must be true after the demo, each thing checked against the input itself."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from beltline.core.states import JobState
from examples.demo.course import Story
from examples.demo.expected import expected_days, expected_rain, expected_thumbnails
from examples.demo.inputs import DAMAGED, Folder
from examples.stage.checks import Check


def check_all(story: Story, folder: Folder) -> Iterator[Check]:
    """Check everything, one thing at a time."""
    yield all_succeeded(story)
    yield killed(story)
    yield started_again(story)
    yield revived(story)
    yield thumbnails_right(story, folder, expected_thumbnails())
    yield weather_right(folder)
    yield Check("the workers ended in good order", story.exit_code == 0, f"exit code {story.exit_code}")


def repeated_starts(story: Story) -> Mapping[str, int]:
    """Count, by job, the starts after the first that no replay asked for, whatever their cause."""
    replays = {letter.job.id for letter in story.dead_letters}
    repeats = {job.id: job.runs - 1 - (job.id in replays) for job in story.jobs}
    return {job_id: count for job_id, count in repeats.items() if count}


def all_succeeded(story: Story) -> Check:
    """Check that every job that was to come did, and succeeded."""
    counts = Counter(job.definition for job in story.jobs if job.state is JobState.SUCCEEDED)
    passed = counts == Counter(story.expected) and len(story.jobs) == counts.total()
    figures = f"{counts.total()} of {sum(story.expected.values())} jobs"
    return Check("no job is lost: each succeeded", passed, figures)


def killed(story: Story) -> Check:
    """Check that a worker was killed while it ran jobs, and that these are done."""
    what = "a worker was killed in the middle, and its jobs were done by others"
    if story.kill is None:
        return Check(what, passed=False, figures="no worker was seen with jobs in flight")
    in_flight = story.kill.in_flight
    done = {job.id for job in story.jobs if job.state is JobState.SUCCEEDED}
    figures = f"process {story.kill.pid}, {len(in_flight & done)} of {len(in_flight)} jobs in flight done"
    return Check(what, bool(in_flight) and in_flight <= done, figures)


def started_again(story: Story) -> Check:
    """Check that no job was started again but those that the killed worker ran."""
    repeats = repeated_starts(story)
    count = sum(repeats.values())
    in_flight = story.kill.in_flight if story.kill else frozenset()
    return Check(
        "only jobs that were in flight at the kill were started again",
        repeats.keys() <= in_flight and count <= len(in_flight),
        f"{count} repeated starts, {len(in_flight)} jobs in flight",
    )


def revived(story: Story) -> Check:
    """Check that the damaged photograph was a dead letter with a reason, and succeeded when replayed."""
    what = f"the damaged {DAMAGED} became a dead letter, was repaired and replayed"
    if len(story.dead_letters) != 1:
        return Check(what, passed=False, figures=f"{len(story.dead_letters)} dead letters")
    [letter] = story.dead_letters
    explained = f"{DAMAGED} is damaged" in letter.message
    figures = f"{letter.job.state.value}, then {letter.replayed.value}"
    return Check(what, explained and letter.replayed is JobState.SUCCEEDED, figures)


def thumbnails_right(story: Story, folder: Folder, expected: Mapping[str, str]) -> Check:
    """Check that the files, and what the jobs say of them, are the expected ones by name and checksum."""
    found = {file.name: _checksum(file) for file in folder.thumbnails.iterdir()}
    right = sum(found.get(name) == checksum for name, checksum in expected.items())
    return Check(
        "every thumbnail is there once, with the right checksum",
        found == expected and Counter(_told(story)) == Counter(expected.items()),
        f"{right} of {len(expected)} right, {len(found) - right} others",
    )


def _told(story: Story) -> Iterator[tuple[str, str]]:
    """What the jobs' results say was written."""
    for job in story.jobs:
        if job.definition == "thumbnails":
            yield from ((made["file"], made["sha256"]) for made in json.loads(job.result or b"[]"))


def _checksum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def weather_right(folder: Folder) -> Check:
    """Check that the database holds the table's days, and each month's sum."""
    what = "the database holds every day and month of the table once"
    days, rain = expected_days(), expected_rain()
    try:
        with closing(sqlite3.connect(folder.weather)) as connection:
            loaded = connection.execute(
                "SELECT date, precipitation, warmest, coldest, wind, weather FROM days ORDER BY date"
            ).fetchall()
            months = dict(connection.execute("SELECT name, rain FROM months").fetchall())
    except sqlite3.Error as error:
        return Check(what, passed=False, figures=str(error))
    figures = f"{len(loaded):,} of {len(days):,} days, {len(months)} of {len(rain)} months"
    return Check(what, loaded == days and months == rain, figures)
