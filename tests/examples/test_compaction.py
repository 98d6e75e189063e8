"""Log compaction: no line is lost, wherever it is cut short."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import pytest

from beltline.testing import Kit
from examples.compaction.app import belt, compact
from examples.compaction.inputs import PACKAGES
from examples.compaction.logs import Refused, compress, remove
from tests.examples.running import expect_what_the_page_shows, run_example

TEXT = b"".join(b"line %d\n" % number for number in range(1_000))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "a.log"
    file.write_bytes(TEXT)
    return file


def test_logs_are_compacted_though_the_worker_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "com paction"

    ended = run_example("compaction", folder)

    expect_what_the_page_shows("compaction", ended)
    left = sorted(file.name for file in (folder / "logs").iterdir())
    assert left == [f"import-{package}.log.gz" for package in sorted(PACKAGES)]


@pytest.mark.proof
def test_the_compaction_runs_on_postgresql(tmp_path: Path, postgres_schema_url: str) -> None:
    ended = run_example("compaction", tmp_path / "out", "--store", postgres_schema_url)

    expect_what_the_page_shows("compaction", ended)


async def test_a_crash_anywhere_loses_no_line(tmp_path: Path) -> None:
    folder = tmp_path / "logs"

    def fresh() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / "a.log").write_bytes(TEXT)

    def check(_: object) -> None:
        assert [file.name for file in folder.iterdir()] == ["a.log.gz"]
        assert gzip.decompress((folder / "a.log.gz").read_bytes()) == TEXT

    async with Kit(belt) as kit:
        crashes = await kit.crash_everywhere(lambda: compact.submit(folder=folder), fresh=fresh, check=check)

    assert crashes > 10


def test_the_rest_of_a_killed_run_is_removed_by_the_next(log: Path) -> None:
    (log.parent / ".a.log.gz.1.part").write_bytes(b"half a fi")

    compress(log, 2)

    assert sorted(file.name for file in log.parent.iterdir()) == ["a.log", "a.log.gz"]


def test_a_log_is_not_removed_that_was_written_to_since(log: Path) -> None:
    compacted = compress(log, 1)
    with log.open("ab") as file:
        file.write(b"one more\n")

    with pytest.raises(Refused, match=r"a\.log was written to"):
        remove(log, compacted)

    assert log.exists()


def test_a_compressed_log_is_not_overwritten_by_another_of_its_name(log: Path) -> None:
    compress(log, 1)
    log.write_bytes(b"the next day\n")

    with pytest.raises(Refused, match="holds another log"):
        compress(log, 2)

    assert gzip.decompress((log.parent / "a.log.gz").read_bytes()) == TEXT
    assert not list(log.parent.glob("*.part"))
