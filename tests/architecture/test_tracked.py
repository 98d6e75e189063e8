"""The repository speaks of itself only: no paths of one machine, no hosts of package registries."""

from __future__ import annotations

import re
import subprocess
from typing import Final

import pytest

from tests.architecture.source import REPOSITORY

# Put together here, so that this file does not contain what it looks for.
HOSTS: Final = tuple(
    ".".join(parts)
    for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("deb", "debian", "org"))
)
FOLDERS: Final = tuple(
    "/".join(("", *parts, "")) for parts in (("work", "main"), ("work", "shared"), ("root",))
)
FOREIGN: Final = re.compile("|".join(map(re.escape, (*HOSTS, *FOLDERS))))


def foreign_words(text: str) -> list[str]:
    return FOREIGN.findall(text)


def test_no_file_names_a_machine_or_a_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    found = {}
    for name in filter(None, listed.stdout.split("\0")):
        file = REPOSITORY / name
        words = foreign_words(file.read_text("utf-8", "replace")) if file.is_file() else []
        if words:
            found[name] = words
    assert found == {}


@pytest.mark.parametrize("word", [*HOSTS, *FOLDERS])
def test_a_foreign_word_is_found(word: str) -> None:
    assert foreign_words(f"see {word} for more") == [word]
    assert foreign_words("see /workflows and /work for more") == []
