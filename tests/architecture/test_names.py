"""Names that say something, and no hidden import cycles."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from tests.architecture.source import CODE, Source, expect_none, faults_in

DRAWERS: Final = frozenset({"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"})


def drawer(source: Source) -> Iterator[tuple[int, str]]:
    parts = PurePosixPath(source.path).with_suffix("").parts
    for part in parts:
        if part.strip("_") in DRAWERS:
            yield 1, f"{part!r} names a drawer, not a thing; name the room after what it holds"


def type_only_import(source: Source) -> Iterator[tuple[int, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node).split(".")[-1] == "TYPE_CHECKING":
            yield node.lineno, "TYPE_CHECKING hides an import cycle; move what both need one room down"


def test_no_module_is_a_drawer() -> None:
    expect_none(drawer, *CODE)


def test_no_import_is_for_types_only() -> None:
    expect_none(type_only_import, *CODE)


def test_a_drawer_is_found() -> None:
    assert faults_in(drawer, "", "src/beltline/core/retry.py") == []
    assert faults_in(drawer, "", "src/beltline/core/_utils.py")
    assert faults_in(drawer, "", "src/beltline/common/retry.py")


def test_an_import_for_types_only_is_found() -> None:
    assert faults_in(type_only_import, "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import os")
    assert faults_in(type_only_import, "import typing as t\nif t.TYPE_CHECKING:\n    import os")
