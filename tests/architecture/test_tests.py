"""The tests keep their own rules: none sleeps, and the conformance suite is run whole on every store."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from tests.architecture.source import Source, expect_none, faults_in

SLEEPS: Final = frozenset({"time.sleep", "asyncio.sleep", "anyio.sleep"})
WAYS_OUT: Final = frozenset({"skip", "skipif", "xfail", "importorskip", "SkipTest", "skipIf", "skipUnless"})


def sleep(source: Source) -> Iterator[tuple[int, str]]:
    full_names = {id(node): name for node, name in source.uses}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and full_names.get(id(node.func)) in SLEEPS:
            length = ast.unparse(node.args[0]) if node.args else "?"
            if length != "0":
                yield node.lineno, f"a sleep of {length}; wait for an event, tick the loop or move the clock"


def way_out(source: Source) -> Iterator[tuple[int, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute | ast.Name) and ast.unparse(node).split(".")[-1] in WAYS_OUT:
            yield node.lineno, f"{ast.unparse(node)}: one semantics on every store means no exception for one"


def test_no_test_sleeps() -> None:
    expect_none(sleep, "tests")


def test_conformance_has_no_way_out() -> None:
    expect_none(way_out, "tests/conformance")


def test_a_sleep_is_found() -> None:
    assert faults_in(sleep, "import asyncio\nawait asyncio.sleep(0)") == []
    assert faults_in(sleep, "import asyncio\nawait asyncio.sleep(0.1)")
    assert faults_in(sleep, "from time import sleep as pause\npause(delay)")


def test_a_way_out_is_found() -> None:
    assert faults_in(way_out, "import pytest\n@pytest.mark.parametrize('a', [1])\ndef test(a): ...") == []
    assert faults_in(way_out, "import pytest\n@pytest.mark.skipif(True, reason='')\ndef test(): ...")
    assert faults_in(way_out, "from pytest import xfail\nxfail('later')")
