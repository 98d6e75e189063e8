"""What comes from outside is injected: time, chance, state. And data stays data."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from tests.architecture.source import Source, expect_none, faults_in

CLOCKS: Final = frozenset(
    {f"time.{name}{unit}" for name in ("time", "monotonic", "perf_counter") for unit in ("", "_ns")}
    | {f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")}
    | {"datetime.date.today", "time.gmtime", "time.localtime", "time.ctime"}
)
MAY_READ_CLOCKS: Final = MappingProxyType(
    {
        "src/beltline/core/clock.py": "it is the clock",
        "src/beltline/proof/*": "it measures real time from outside",
    }
)
CHANCE: Final = frozenset({"random", "secrets", "uuid"})
SOURCES: Final = frozenset({"random.Random", "random.SystemRandom"})
NO_CHANCE: Final = SOURCES | {"uuid.UUID"}
MAY_USE_CHANCE: Final = MappingProxyType({"src/beltline/proof/*": "it draws the seeds of game days"})
MAY_MAKE_A_SOURCE: Final = MappingProxyType(
    {
        "src/beltline/app.py": "the composition root gives its source to all rooms",
        "src/beltline/client/*": "a program's Beltline gives its source to all rooms below",
        "src/beltline/proof/*": "it draws the seeds of game days",
        "src/beltline/testing/chance.py": "a test's chance is seeded, so that it repeats",
    }
)
MAY_PRINT: Final = MappingProxyType(
    {
        "src/beltline/cli/*": "it speaks to a person",
        "src/beltline/proof/*": "it reports to a person",
    }
)
MUTABLE_CALLS: Final = frozenset(
    {
        "dict",
        "list",
        "set",
        "bytearray",
        "defaultdict",
        "deque",
        "Counter",
        "OrderedDict",
        "WeakValueDictionary",
    }
)
UNSAFE_CODECS: Final = frozenset({"cloudpickle", "dill", "marshal", "pickle", "shelve"})


def clock_read(source: Source) -> Iterator[tuple[int, str]]:
    for node, name in source.uses:
        if name in CLOCKS:
            yield node.lineno, f"{name} reads a clock; take a Clock, or `now`, as an argument"
    for call in ast.walk(source.tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(("loop.time", "loop().time")):
            yield call.lineno, "the loop's time is a clock too; take a Clock, or `now`, as an argument"


def chance(source: Source) -> Iterator[tuple[int, str]]:
    for node, name in source.uses:
        module, _, attribute = name.partition(".")
        if (module in CHANCE and attribute and name not in NO_CHANCE) or name == "os.urandom":
            yield node.lineno, f"{name} is chance; take a Random as an argument"


def source_of_chance(source: Source) -> Iterator[tuple[int, str]]:
    called = {id(node.func) for node in ast.walk(source.tree) if isinstance(node, ast.Call)}
    for node, name in source.uses:
        if name in SOURCES and id(node) in called:
            yield node.lineno, f"{name}() makes a source of chance; take a Random as an argument"


def module_state(source: Source) -> Iterator[tuple[int, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Global):
            yield (
                node.lineno,
                f"`global {', '.join(node.names)}` is state of the module; give it an object to live in",
            )
    for node in _module_level(source.tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and _is_mutable(node.value):
            names = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
            if names != "__all__":
                yield (
                    node.lineno,
                    f"{names} can be changed by anyone; use a tuple, frozenset or MappingProxyType",
                )


def unsafe_codec(source: Source) -> Iterator[tuple[int, str]]:
    for line, name in source.imports:
        if name.split(".")[0] in UNSAFE_CODECS:
            yield line, f"{name} runs what it reads; payloads are JSON"


def stray_print(source: Source) -> Iterator[tuple[int, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield node.lineno, "print belongs to the command line; log, or emit an event"


def test_only_the_clock_reads_the_clock() -> None:
    expect_none(clock_read, "src", allowed=MAY_READ_CLOCKS)


def test_chance_is_injected() -> None:
    expect_none(chance, "src", allowed=MAY_USE_CHANCE)
    expect_none(source_of_chance, "src", allowed=MAY_MAKE_A_SOURCE)


def test_no_module_has_state() -> None:
    expect_none(module_state, "src")


def test_no_data_is_run() -> None:
    expect_none(unsafe_codec, "src")


def test_only_the_command_line_prints() -> None:
    expect_none(stray_print, "src", allowed=MAY_PRINT)


def test_clock_reads_are_found_under_every_name() -> None:
    assert faults_in(clock_read, "import time\ntime.sleep(1)\nclock.time()") == []
    assert faults_in(clock_read, "import time\ntime.time()")
    assert faults_in(clock_read, "from time import monotonic_ns as tick\nread = tick")
    assert faults_in(clock_read, "import datetime as dt\ndt.datetime.now(dt.UTC).isoformat()")
    assert faults_in(clock_read, "from datetime import datetime\ndatetime.now()")
    assert faults_in(clock_read, "import asyncio\nasyncio.get_running_loop().time()")
    assert faults_in(clock_read, "self._loop.time()")


def test_chance_is_found() -> None:
    assert faults_in(chance, "import random\ndef f(source: random.Random): return source.random()") == []
    assert faults_in(source_of_chance, "import random\ndef f(source: random.Random): return source") == []
    assert faults_in(source_of_chance, "import random\nsource = random.SystemRandom()")
    assert faults_in(chance, "from uuid import UUID\nUUID(text)") == []
    assert faults_in(chance, "from random import uniform\nuniform(0, 1)")
    assert faults_in(chance, "import uuid\nuuid.uuid4()")
    assert faults_in(chance, "import os\nos.urandom(8)")


def test_state_of_a_module_is_found() -> None:
    assert faults_in(module_state, "A = (1,)\nB: Final = MappingProxyType({1: 2})\n__all__ = ['A']") == []
    assert faults_in(module_state, "def f():\n    kept = {}\n") == []
    assert faults_in(module_state, "kept: dict[str, int] = {}")
    assert faults_in(module_state, "if True:\n    kept = [n for n in range(3)]")
    assert faults_in(module_state, "import collections\nkept = collections.defaultdict(list)")
    assert faults_in(module_state, "kept = None\ndef f():\n    global kept\n    kept = 1")


def test_a_codec_that_runs_what_it_reads_is_found() -> None:
    assert faults_in(unsafe_codec, "import json") == []
    assert faults_in(unsafe_codec, "from pickle import loads")


def test_a_print_is_found() -> None:
    assert faults_in(stray_print, "console.print(1)") == []
    assert faults_in(stray_print, "print(1)")


def _module_level(tree: ast.Module) -> Iterator[ast.AST]:
    """The statements that run on import, those in `if`, `try` and `with` blocks included."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            waiting += [
                child
                for child in ast.iter_child_nodes(node)
                if isinstance(child, ast.stmt | ast.excepthandler)
            ]


def _is_mutable(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call):
        return ast.unparse(value.func).split(".")[-1] in MUTABLE_CALLS
    return isinstance(value, ast.Dict | ast.List | ast.Set | ast.DictComp | ast.ListComp | ast.SetComp)
