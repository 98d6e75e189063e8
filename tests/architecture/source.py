"""Reading the repository's Python: files, syntax trees, imports, and names as the imports make them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import Final, TypeAlias

import pytest

REPOSITORY: Final = Path(__file__).resolve().parents[2]
CODE: Final = ("src", "tests", "examples", "bench")


@dataclass(frozen=True)
class Source:
    """One Python file; `path` is relative to the repository."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def imports(self) -> tuple[tuple[int, str], ...]:
        """Every import as (line, full name): `from a import b` gives `a.b`."""
        return tuple((line, name) for line, _, name in _imports(self.tree))

    @cached_property
    def uses(self) -> tuple[tuple[ast.expr, str], ...]:
        """Every use of an imported name as (node, full name), whatever the file calls it."""
        known = {local: name for _, local, name in _imports(self.tree)}
        found = ((node, _full_name(node, known)) for node in ast.walk(self.tree))
        return tuple((node, name) for node, name in found if isinstance(node, ast.expr) and name)


Rule: TypeAlias = Callable[[Source], Iterator[tuple[int, str]]]
"""A rule yields (line, what is wrong there)."""


def faults(rule: Rule, *roots: str, allowed: Mapping[str, str] | None = None) -> list[str]:
    """Apply `rule` to all Python under `roots`, but for the paths that match a pattern of `allowed`.

    `allowed` gives the reason for each pattern, so that an exception is never without one.
    """
    found = []
    for root in roots:
        for file in sorted((REPOSITORY / root).rglob("*.py")):
            source = Source(file.relative_to(REPOSITORY).as_posix(), file.read_text("utf-8"))
            if not any(fnmatch(source.path, pattern) for pattern in allowed or ()):
                found += [f"{source.path}:{line}: {what}" for line, what in rule(source)]
    return found


def expect_none(rule: Rule, *roots: str, allowed: Mapping[str, str] | None = None) -> None:
    """Fail with a line for each fault that `faults` finds."""
    found = faults(rule, *roots, allowed=allowed)
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def faults_in(rule: Rule, text: str, path: str = "src/beltline/sample.py") -> list[str]:
    """Apply `rule` to a sample."""
    return [what for _, what in rule(Source(path, text))]


def _imports(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Yield (line, local name, full name); `import a.b` binds `a`, but imports `a.b` all the same."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (
                (node.lineno, name.asname or name.name, f"{node.module}.{name.name}") for name in node.names
            )
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, name.asname or name.name, name.name) for name in node.names)


def _full_name(node: ast.AST, known: Mapping[str, str]) -> str:
    """The full name of `a.b.c` where the file imports `a` or `a.b`, else nothing."""
    if not isinstance(node, ast.Attribute | ast.Name):
        return ""
    head, *rest = ast.unparse(node).split(".")
    for size in range(len(rest) + 1):
        local = ".".join([head, *rest[:size]])
        if local in known:
            return ".".join([known[local], *rest[size:]])
    return ""
