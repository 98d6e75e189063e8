"""A small, safe language over JSON: paths, comparisons, `and`, `or`, `not`, and a few pure functions.

`body.order.id`, `headers["x-kind"] == "push" and body.size > 3`, `lower(body.items[0].name)`. Nothing of
Python's objects can be reached: a name is looked up in the given JSON, and a path goes through mappings and
lists alone. What is missing is null.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias, cast

from beltline.core.errors import InvalidInput

Json: TypeAlias = object
Check: TypeAlias = Callable[[Json, Json], bool]

LONGEST: Final = 512
DEEPEST: Final = 16
_FORM: Final = (
    "use paths (body.order.id, headers['x-kind'], body.items[0]), texts, numbers, true, false, null, and, or,"
    " not, == != < <= > >= in, text(), number(), lower(), upper(), length(), default()"
)
_CONSTANTS: Final = MappingProxyType({"true": True, "false": False, "null": None})


class Expression:
    """A checked expression. Raises InvalidInput, naming it, for anything else than the language has."""

    __slots__ = ("_tree", "text")

    def __init__(self, text: object, *, names: Sequence[str], what: str = "expression") -> None:
        if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
            raise InvalidInput(f"{what} {text!r}: give a text of 1 to {LONGEST} characters; {_FORM}")
        self.text = text
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise InvalidInput(f"{what} {text!r} cannot be read; {_FORM}") from error
        fault = _fault(self._tree, frozenset(names), DEEPEST)
        if fault:
            raise InvalidInput(f"{what} {text!r}: {fault}; {_FORM}")

    def value(self, given: Mapping[str, Json]) -> Json:
        """Return what it is for these values. Raises InvalidInput where it cannot be worked out."""
        try:
            return _value(self._tree, given)
        except (TypeError, ValueError, OverflowError) as error:
            raise InvalidInput(f"the expression {self.text!r} cannot be worked out here: {error}") from error


def _fault(node: ast.AST, names: frozenset[str], depth: int) -> str:
    """Return what of an expression the language does not have; empty where it has all of it."""
    if depth == 0:
        return f"it is nested deeper than {DEEPEST}"
    children: Sequence[ast.AST] = ()
    if isinstance(node, ast.Constant):
        known = node.value is None or isinstance(node.value, str | int | float | bool)
        return "" if known else f"{node.value!r} is no JSON value"
    if isinstance(node, ast.Name):
        known = node.id in names or node.id in _CONSTANTS
        return "" if known else f"{node.id!r} is unknown; there are {', '.join(sorted(names))}"
    if isinstance(node, ast.Attribute):
        children = (node.value,)
    elif isinstance(node, ast.Subscript):
        children = (node.value, node.slice)
    elif isinstance(node, ast.BoolOp):
        children = node.values
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        children = (node.operand,)
    elif isinstance(node, ast.Compare) and all(type(each) in _CHECKS for each in node.ops):
        children = (node.left, *node.comparators)
    elif isinstance(node, ast.Call) and _is_function(node):
        children = node.args
    else:
        return f"{type(node).__name__} is not part of the language"
    return next((fault for child in children if (fault := _fault(child, names, depth - 1))), "")


def _is_function(node: ast.Call) -> bool:
    if not isinstance(node.func, ast.Name) or node.keywords:
        return False
    return node.func.id in _FUNCTIONS and len(node.args) == _FUNCTIONS[node.func.id][0]


def _value(node: ast.AST, given: Mapping[str, Json]) -> Json:
    if isinstance(node, ast.Constant | ast.Name):
        return _named(node, given)
    if isinstance(node, ast.Attribute | ast.Subscript):
        key = node.attr if isinstance(node, ast.Attribute) else _value(node.slice, given)
        return _item(_value(node.value, given), key)
    if isinstance(node, ast.BoolOp):
        return _joined(node, given)
    if isinstance(node, ast.Compare):
        return _compared(node, given)
    if isinstance(node, ast.UnaryOp):
        operand = _value(node.operand, given)
        return not operand if isinstance(node.op, ast.Not) else -_number(operand)
    return _called(cast("ast.Call", node), given)


def _named(node: ast.Constant | ast.Name, given: Mapping[str, Json]) -> Json:
    if isinstance(node, ast.Constant):
        return node.value
    return _CONSTANTS[node.id] if node.id in _CONSTANTS else given.get(node.id)


def _called(node: ast.Call, given: Mapping[str, Json]) -> Json:
    _, function = _FUNCTIONS[cast("ast.Name", node.func).id]
    return function(*(_value(each, given) for each in node.args))


def _item(value: Json, key: Json) -> Json:
    if isinstance(value, Mapping) and isinstance(key, str):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int) and -len(value) <= key < len(value):
        return value[key]
    return None


def _joined(node: ast.BoolOp, given: Mapping[str, Json]) -> Json:
    wanted = isinstance(node.op, ast.Or)
    found: Json = not wanted
    for each in node.values:
        found = _value(each, given)
        if bool(found) is wanted:
            break
    return found


def _compared(node: ast.Compare, given: Mapping[str, Json]) -> bool:
    left = _value(node.left, given)
    for check, each in zip(node.ops, node.comparators, strict=True):
        right = _value(each, given)
        if not _CHECKS[type(check)](left, right):
            return False
        left = right
    return True


def _ordered(check: Callable[[float, float], bool]) -> Check:
    def compare(left: Json, right: Json) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return check(left, right)  # type: ignore[arg-type]
        return check(_number(left), _number(right))

    return compare


def _same(left: Json, right: Json) -> bool:
    # As JSON has it: true is not 1.
    return isinstance(left, bool) is isinstance(right, bool) and left == right


def _is_in(left: Json, right: Json) -> bool:
    if isinstance(right, str):
        return isinstance(left, str) and left in right
    return any(_same(left, each) for each in right) if isinstance(right, list | dict) else False


_CHECKS: Final[Mapping[type[ast.cmpop], Check]] = MappingProxyType(
    {
        ast.Eq: _same,
        ast.NotEq: lambda left, right: not _same(left, right),
        ast.Lt: _ordered(operator.lt),
        ast.LtE: _ordered(operator.le),
        ast.Gt: _ordered(operator.gt),
        ast.GtE: _ordered(operator.ge),
        ast.In: _is_in,
        ast.NotIn: lambda left, right: not _is_in(left, right),
    }
)


def _number(value: Json) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(f"{value!r} is no number")
    if isinstance(value, str):
        return float(value) if "." in value else int(value)
    return value


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no text")
    return str(value)


def _length(value: Json) -> int:
    if not isinstance(value, str | list | dict):
        raise TypeError(f"{value!r} has no length")
    return len(value)


_FUNCTIONS: Final[Mapping[str, tuple[int, Callable[..., Json]]]] = MappingProxyType(
    {
        "text": (1, _text),
        "number": (1, _number),
        "lower": (1, lambda value: _text(value).lower()),
        "upper": (1, lambda value: _text(value).upper()),
        "length": (1, _length),
        "default": (2, lambda value, other: other if value is None else value),
    }
)
