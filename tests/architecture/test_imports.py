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

# What all names of the root package may load beside the standard library: payload types are pydantic's.
# And cron lines are checked where they are written.
PAYLOAD_TYPES: Final = frozenset(
    {"annotated_types", "cronsim", "pydantic", "pydantic_core", "typing_extensions", "typing_inspection"}
)
# What belongs to an opened store; the standard library's driver counts too.
DRIVERS: Final = frozenset({"sqlite3", "beltline.store.sqlite", "beltline.store.postgres"})

# The names are imported when they are first used, so each is used.
USE_ALL_NAMES: Final = "import beltline\nfor name in beltline.__all__: getattr(beltline, name)"
DEFINE_A_JOB: Final = """
from beltline import Beltline, Context, Retry
belt = Beltline()
def resize(ctx: Context, path: str, width: int = 256) -> dict[str, int]: ...
belt.job(resize, retry=Retry(max_attempts=5), timeout="5m")
"""


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


def third_party(modules: set[str]) -> set[str]:
    """The packages among them that are neither ours nor Python's; `_sysconfigdata…` is named by platform."""
    packages = {name.split(".")[0] for name in modules} - sys.stdlib_module_names - {"beltline"}
    return {name for name in packages if not name.startswith("_sysconfigdata")}


def test_no_inner_module_imports_the_root_package() -> None:
    expect_none(root_import, "src")


def test_the_core_needs_the_standard_library_only() -> None:
    expect_none(third_party_import, "src/beltline/core")


def test_importing_beltline_loads_nothing_heavy() -> None:
    assert loaded_by("import beltline").intersection(HEAVY) == set()


def test_the_names_of_the_root_package_load_payload_types_and_no_driver() -> None:
    loaded = loaded_by(USE_ALL_NAMES)

    assert third_party(loaded) - third_party(loaded_by("pass")) <= PAYLOAD_TYPES
    assert loaded & DRIVERS == set()


def test_an_app_that_is_imported_loads_no_driver() -> None:
    loaded = loaded_by(DEFINE_A_JOB)

    assert third_party(loaded) - third_party(loaded_by("pass")) <= PAYLOAD_TYPES
    assert loaded & (DRIVERS | {"tomllib"}) == set()


def test_the_parent_of_workers_stays_small() -> None:
    loaded = loaded_by("import beltline.cli.start, beltline.runtime.supervisor")

    others = {"asyncio", "pydantic", "click", "logging", "threading", "dataclasses", "beltline.config"}
    assert loaded & (DRIVERS | others) == set()
    assert "beltline.cli.main" not in loaded


def test_an_import_of_the_root_package_is_found() -> None:
    assert faults_in(root_import, "from beltline.core.retry import Retry\nimport beltline.core.clock") == []
    assert faults_in(root_import, "from beltline import Retry")
    assert faults_in(root_import, "import beltline")


def test_a_third_party_import_is_found() -> None:
    assert faults_in(third_party_import, "import json\nfrom beltline.core.clock import Clock") == []
    assert faults_in(third_party_import, "from pydantic import BaseModel")


def test_what_an_import_loads_is_seen() -> None:
    assert "click" in loaded_by("import click")
    assert "click" in third_party(loaded_by("import click.core"))
    assert "pydantic" in loaded_by(USE_ALL_NAMES)
    assert "beltline.store.sqlite" in loaded_by("import beltline.store.sqlite.store")
