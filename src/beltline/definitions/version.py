"""The version that a definition gets where none is given: a hash of its code and configuration."""

from __future__ import annotations

import ast
import hashlib
import inspect
import textwrap
from collections.abc import Callable
from types import CodeType
from typing import Final

_DIGITS: Final = 12


def content_version(function: Callable[..., object], configuration: str) -> str:
    """Return `h` and 12 hex digits, equal for equal code and configuration.

    Comments and formatting do not count. What the function calls does not either: where that matters, give
    versions by hand.
    """
    digest = hashlib.sha256(f"{_code(function)}\0{configuration}".encode("utf-8", "backslashreplace"))
    return f"h{digest.hexdigest()[:_DIGITS]}"


def _code(function: Callable[..., object]) -> str:
    inner = inspect.unwrap(function)
    try:
        return ast.unparse(ast.parse(textwrap.dedent(inspect.getsource(inner))))
    except (OSError, TypeError, SyntaxError, ValueError):
        # No source at hand, or a part of a line: the compiled code, which differs between versions of Python.
        code = getattr(inner, "__code__", None)
        return _compiled(code) if isinstance(code, CodeType) else repr(type(inner))


def _compiled(code: CodeType) -> str:
    constants = [_compiled(const) if isinstance(const, CodeType) else repr(const) for const in code.co_consts]
    return repr((code.co_code.hex(), constants, code.co_names, code.co_varnames))
