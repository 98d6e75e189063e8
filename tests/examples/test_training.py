"""Training with checkpoints: whatever happens, the model is that of an undisturbed training."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from beltline import Beltline, SyncContext
from beltline.core.job import Job
from beltline.testing import Kit
from examples.training import model
from examples.training.app import Trained, train_on
from examples.training.expected import undisturbed
from examples.training.story import Course, checks
from tests.examples.running import expect_what_the_page_shows, run_example

EPOCHS = 2


@pytest.mark.proof
@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_two_workers_that_are_taken_away_change_no_bit(
    store: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_schema_url") if store == "postgresql" else ""

    ended = run_example("training", tmp_path / "train ing", "--store", url)

    expect_what_the_page_shows("training", ended)
    assert (tmp_path / "train ing/artifacts/model.npz").read_bytes() == undisturbed(120)


async def test_a_crash_anywhere_changes_no_bit(tmp_path: Path) -> None:
    digits = model.load()
    expected = hashlib.sha256(undisturbed(EPOCHS)).hexdigest()
    belt = Beltline()
    found = []

    def body(ctx: SyncContext) -> str:
        _, classifier = train_on(ctx, digits, EPOCHS)
        return hashlib.sha256(model.packed(classifier)).hexdigest()

    def check(job: Job) -> None:
        found.append((job.runs, json.loads(job.result or b"null")))

    train = belt.job(name="train")(body)

    async with Kit(belt) as kit:
        crashes = await kit.crash_everywhere(train.submit, check=check)

    assert crashes > 10
    assert set(found) == {(1, expected), (2, expected)}


def test_a_model_that_is_not_the_undisturbed_one_is_found(tmp_path: Path) -> None:
    file = tmp_path / "model.npz"
    file.write_bytes(undisturbed(2))
    course = Course(
        stopped_at=0.4,
        killed_at=0.7,
        trained=Trained(10, 7, 0.0),
        outcomes=("drained", "worker_lost", "returned"),
        attempts_used=1,
        model=file,
        exit_code=0,
    )

    failed = [check.what for check in checks(course, undisturbed(1)) if not check.passed]

    assert failed == [
        "the model is that of the undisturbed training, to the last bit",
        "it reads the digits that were held back as well as the job says",
    ]
