"""Small rooms: files, functions, classes and signatures stay readable."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from tests.architecture.source import CODE, Source, expect_none, faults_in

FILE_LINES: Final = 400
FUNCTION_LINES: Final = 50
PUBLIC_METHODS: Final = 12
POSITIONAL_ARGUMENTS: Final = 5


def long_file(source: Source) -> Iterator[tuple[int, str]]:
    lines = source.text.count("\n")
    if lines > FILE_LINES:
        yield 1, f"a file of {lines} lines; {FILE_LINES} are the limit, 150 the aim"


def long_function(source: Source) -> Iterator[tuple[int, str]]:
    for function in _functions(source.tree):
        lines = (function.end_lineno or 0) - function.lineno + 1
        if lines > FUNCTION_LINES:
            yield function.lineno, f"{function.name} has {lines} lines; {FUNCTION_LINES} are the limit"


def wide_class(source: Source) -> Iterator[tuple[int, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef):
            public = {function.name for function in _methods(node) if not function.name.startswith("_")}
            if len(public) > PUBLIC_METHODS:
                yield (
                    node.lineno,
                    f"{node.name} has {len(public)} public methods; {PUBLIC_METHODS} are the limit",
                )


def long_signature(source: Source) -> Iterator[tuple[int, str]]:
    for function in _functions(source.tree):
        names = [argument.arg for argument in function.args.posonlyargs + function.args.args]
        count = len(names) - (names[:1] in (["self"], ["cls"]))
        if count > POSITIONAL_ARGUMENTS:
            yield (
                function.lineno,
                f"{function.name} takes {count} positional arguments; {POSITIONAL_ARGUMENTS} are the limit",
            )


def test_files_are_short() -> None:
    expect_none(long_file, *CODE)


def test_functions_are_short() -> None:
    expect_none(long_function, *CODE)


def test_classes_have_few_public_methods() -> None:
    expect_none(wide_class, "src")


def test_signatures_have_few_positional_arguments() -> None:
    expect_none(long_signature, *CODE)


def test_a_long_file_is_found() -> None:
    assert faults_in(long_file, "x = 1\n" * 400) == []
    assert faults_in(long_file, "x = 1\n" * 401)


def test_a_long_function_is_found() -> None:
    assert faults_in(long_function, "def f():\n" + "    x = 1\n" * 49) == []
    assert faults_in(long_function, "async def f():\n" + "    x = 1\n" * 50)


def test_a_wide_class_is_found() -> None:
    twelve = "class C:\n" + "".join(f"    def m{n}(self): ...\n" for n in range(12))

    assert faults_in(wide_class, twelve + "    def _private(self): ...\n") == []
    assert faults_in(wide_class, twelve + "    @property\n    def p(self): ...\n") == []
    assert faults_in(wide_class, twelve + "    async def one_more(self): ...\n")


def test_a_long_signature_is_found() -> None:
    assert faults_in(long_signature, "def f(self, a, b, c, d, e, *, f, g): ...") == []
    assert faults_in(long_signature, "def f(a, b, c, d, e, f=1): ...")


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _methods(node: ast.ClassDef) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The methods of the class itself; a property is an attribute."""
    for function in node.body:
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            decorators = {ast.unparse(decorator) for decorator in function.decorator_list}
            if not decorators & {"property", "cached_property"}:
                yield function
