"""Statements and migrations, read from the drivers' .sql files.

One statement to a file, the file's name is its name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from beltline.core.errors import SchemaTooNew


@dataclass(frozen=True, slots=True)
class Migration:
    """A numbered step of the schema. `breaking`: programs that do not know it must not use the store."""

    number: int
    name: str
    sql: str
    checksum: str
    breaking: bool


@cache
def load_statements(package: str) -> Mapping[str, str]:
    """Return the statements of `package` (its `sql` folder) by name, read once: some 250 files take 12 ms."""
    folder = _folder(package) / "sql"
    found = {
        entry.name.removesuffix(".sql"): entry.read_text("utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".sql")
    }
    return MappingProxyType(found)


def load_migrations(package: str) -> tuple[Migration, ...]:
    """Return the migrations of `package` (its `migrations` folder), in order.

    A file is named 0001_what.sql and opens with a comment line that holds the word `breaking` where an older
    program must stop.
    """
    found: list[Migration] = []
    for entry in sorted((_folder(package) / "migrations").iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".sql"):
            text = entry.read_text("utf-8")
            head = text.split("\n", 1)[0]
            digest = hashlib.sha256(text.encode()).hexdigest()
            found.append(
                Migration(
                    int(entry.name[:4]), entry.name.removesuffix(".sql"), text, digest, "breaking" in head
                )
            )
    return tuple(found)


def _folder(package: str) -> Path:
    """Return where a package lies. `importlib.resources`, which also reads archives, takes 0.7 MB."""
    return Path(import_module(package).__path__[0])


def pending(known: tuple[Migration, ...], applied: Mapping[int, bool]) -> tuple[Migration, ...]:
    """Return the known migrations that are not in `applied` (number to breaking).

    Raises SchemaTooNew where a breaking migration was applied that this program does not know.
    """
    numbers = {migration.number for migration in known}
    foreign = sorted(number for number, breaking in applied.items() if breaking and number not in numbers)
    if foreign:
        raise SchemaTooNew(
            f"the store's schema has migration {foreign[-1]:04d}, made by a newer Beltline, which this"
            " version cannot use; install the newer version here: nothing was changed"
        )
    return tuple(migration for migration in known if migration.number not in applied)
