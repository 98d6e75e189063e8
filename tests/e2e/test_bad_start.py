"""A worker that cannot start says what to do, and takes no job."""

from __future__ import annotations

from pathlib import Path

import pytest

from beltline.core.states import JobState
from tests.e2e import app
from tests.e2e.site import Site

BROKEN = {
    "a syntax error": ("def broken(:\n", "SyntaxError"),
    "a missing module": ("import no_such_module_at_all\n", "no_such_module_at_all"),
    "an error of its own": ("raise RuntimeError('no settings file')\n", "no settings file"),
    "no Beltline": ("x = 1\n", "belt = Beltline()"),
}


@pytest.mark.parametrize("fault", sorted(BROKEN))
async def test_an_app_that_cannot_be_imported_ends_the_command_and_takes_no_job(
    site: Site, tmp_path: Path, fault: str
) -> None:
    text, told = BROKEN[fault]
    file = tmp_path / "broken_app.py"
    file.write_text(text)
    reference = await app.ship.submit(n=1, seconds=0.0)

    worker = site.work_command(app=file)

    assert 0 < worker.wait() < 64
    assert told in worker.log
    assert "broken_app.py" in worker.log
    assert "Traceback" not in worker.log.partition("error [app_import_failed]")[0]
    assert (await site.job(reference.id)).state is JobState.QUEUED


async def test_a_file_that_does_not_exist_is_named(site: Site, tmp_path: Path) -> None:
    worker = site.work_command(app=tmp_path / "nowhere.py")

    assert 0 < worker.wait() < 64
    assert "nowhere.py" in worker.log
    assert "does not exist" in worker.log


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite:////no/such/folder/beltline.db", "/no/such/folder"),
        ("postgresql://nobody@127.0.0.1:1/nothing", "127.0.0.1:1"),
        ("mysql://localhost/jobs", "mysql"),
    ],
)
async def test_a_store_that_is_not_there_ends_the_command(site: Site, url: str, told: str) -> None:
    site.url = url

    worker = site.work_command()

    assert 0 < worker.wait() < 64
    assert told in worker.log
    assert "Traceback" not in worker.log
