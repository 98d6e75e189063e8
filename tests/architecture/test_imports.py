"""Walls that import-linter does not see: the root package, and what `import beltline` brings along."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

from tests.architecture.source import Source, expect_none, faults_in

# Each of these costs time or memory that a program which only submits jobs must not pay.
HEAVY: Final = (
    "asyncpg",
    "click",
    "cryptography",
    "fastapi",
    "httpx2",
    "jsonschema_rs",
    "obstore",
    "opentelemetry.sdk",
    "psycopg",
    "rich",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "uvloop",
)


def root_import(source: Source) -> Iterator[tuple[int, str]]:
    for line, name in source.imports:
        package, _, rest = name.partition(".")
        if package == "beltline" and "." not in rest:
            yield line, f"{name} comes by the root package, which is for users; import it from its own room"


def third_party_import(source: Source) -> Iterator[tuple[int, str]]:
    for line, name in source.imports:
        if name.split(".")[0] not in sys.stdlib_module_names | {"beltline"}:
            yield line, f"{name} is third-party; the core needs the standard library only"


def loaded_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after `statement`."""
    program = f"import json, sys\n{statement}\nprint(json.dumps(list(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    return set(json.loads(said.stdout))


def test_no_inner_module_imports_the_root_package() -> None:
    expect_none(root_import, "src")


def test_the_core_needs_the_standard_library_only() -> None:
    expect_none(third_party_import, "src/beltline/core")


def test_importing_beltline_loads_nothing_heavy() -> None:
    assert loaded_by("import beltline").intersection(HEAVY) == set()


def test_an_import_of_the_root_package_is_found() -> None:
    assert faults_in(root_import, "from beltline.core.retry import Retry\nimport beltline.core.clock") == []
    assert faults_in(root_import, "from beltline import Retry")
    assert faults_in(root_import, "import beltline")


def test_a_third_party_import_is_found() -> None:
    assert faults_in(third_party_import, "import json\nfrom beltline.core.clock import Clock") == []
    assert faults_in(third_party_import, "from pydantic import BaseModel")


def test_what_an_import_loads_is_seen() -> None:
    assert "click" in loaded_by("import click")
