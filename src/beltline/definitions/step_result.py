"""The results of steps: typed by the function's own return annotation, as those of jobs are."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, Final, get_type_hints

from beltline.core.codec import PAYLOAD_LIMIT
from beltline.core.errors import InvalidInput, InvalidResult, MalformedJson, PayloadTooLarge
from beltline.definitions.result import ResultType

# A type that has to be built takes a millisecond; most bodies have a few.
_KEPT: Final = 256


class StepResult:
    """How the result of one step is written and read."""

    __slots__ = ("_kind", "_name")

    def __init__(self, name: str, function: Callable[..., object]) -> None:
        self._name = name
        self._kind = _kind(_annotation(name, function))

    def dump(self, value: object, *, limit: int = PAYLOAD_LIMIT) -> str:
        """Return the JSON of a result.

        Raises InvalidResult, MalformedJson or PayloadTooLarge, naming the step.
        """
        try:
            return self._kind.dump(value, limit=limit).decode()
        except InvalidResult as error:
            raise InvalidResult(self._name, error.faults) from None
        except PayloadTooLarge as error:
            raise PayloadTooLarge(f"the result of step {self._name!r}", error.size, error.limit) from None
        except MalformedJson as error:
            raise MalformedJson(
                f"the result of step {self._name!r} is no JSON: {error}; return plain values, or annotate"
                " the function with a type that can be written as JSON"
            ) from None

    def load(self, text: str) -> Any:  # noqa: ANN401 - the function's own result
        """Return what a remembered result stands for. Raises InvalidResult where its type has changed."""
        try:
            return self._kind.load(text.encode())
        except InvalidResult as error:
            raise InvalidResult(self._name, error.faults) from None


def _annotation(name: str, function: Callable[..., object]) -> object:
    plain = inspect.unwrap(function.func if isinstance(function, partial) else function)
    if "return" not in getattr(plain, "__annotations__", {}):
        return None
    try:
        return get_type_hints(plain, include_extras=True)["return"]
    except (NameError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(
            f"the return annotation of step {name!r} cannot be read ({error}); it must be a name that the"
            " module itself has"
        ) from error


def _kind(annotation: object) -> ResultType:
    try:
        hash(annotation)
    except TypeError:
        return ResultType("a step", annotation)
    return _kept_kind(annotation)


@lru_cache(maxsize=_KEPT)
def _kept_kind(annotation: object) -> ResultType:
    return ResultType("a step", annotation)
