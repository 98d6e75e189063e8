"""Every module that is started as a program is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.architecture.source import REPOSITORY

STARTED: Final = re.compile(r'"-m",\s*"((?:beltline|bench)(?:\.\w+)*)"')
ROOTS: Final = {"beltline": REPOSITORY / "src", "bench": REPOSITORY}


def started() -> Iterator[tuple[Path, str]]:
    for folder in ("src", "bench", "tests", "examples", "scripts"):
        for file in sorted((REPOSITORY / folder).rglob("*.py")):
            yield from ((file, name) for name in STARTED.findall(file.read_text("utf-8")))


def is_program(name: str) -> bool:
    place = ROOTS[name.partition(".")[0]] / name.replace(".", "/")
    if place.is_dir():
        return (place / "__main__.py").exists()
    return '__name__ == "__main__"' in place.with_suffix(".py").read_text("utf-8")


def test_what_is_started_as_a_program_is_one() -> None:
    found = list(started())

    assert {"beltline.cli", "beltline.proof.drain"} <= {name for _, name in found}
    assert [(file, name) for file, name in found if not is_program(name)] == []


def test_a_module_that_is_no_program_is_found() -> None:
    assert is_program("beltline.cli")
    assert not is_program("beltline.cli.main")
    assert not is_program("beltline.core")
