"""The pytest plug-in, in a pytest of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.architecture.test_imports import HEAVY, loaded_by

TESTS: Final = """
import pytest

@pytest.mark.asyncio
async def test_without_an_app_the_test_makes_its_own_jobs(beltline):
    @beltline.belt.job
    async def double(number: int) -> int:
        return 2 * number

    assert await beltline.run(await double.submit(number=4)) == 8
"""


def test_the_fixture_works_in_the_strict_mode_too(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(TESTS, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = strict\n", "utf-8")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "BELTLINE"))}

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout
    assert "1 passed" in ran.stdout


def test_a_pytest_that_does_not_ask_for_it_pays_next_to_nothing() -> None:
    loaded = loaded_by("import beltline.testing.plugin")

    assert loaded & {*HEAVY, "pydantic", "sqlite3", "beltline.client.beltline"} == set()
