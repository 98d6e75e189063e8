"""The result of a job definition or a step, typed by the function's own return annotation."""

from __future__ import annotations

import json
import types
from typing import Any, Final, Never, NoReturn, Union, get_args, get_origin

from beltline.core.codec import PAYLOAD_LIMIT, dump_json, parse_json
from beltline.core.errors import InvalidResult, PayloadTooLarge
from beltline.core.outcome import Signal
from beltline.definitions.shape import Shape, is_bare

_NULL: Final = b"null"


class ResultType:
    """What a body returns: the type of its annotation, or any JSON where it says nothing or None."""

    __slots__ = ("_shape", "_what")

    def __init__(self, name: str, annotation: object) -> None:
        self._what = f"the result of {name!r}"
        kind = _without_signals(annotation)
        self._shape = (
            None
            if kind in {None, Any, object, type(None), Never, NoReturn}
            else Shape(
                self._what, kind, bare=is_bare(kind), refuse=lambda faults: InvalidResult(name, faults)
            )
        )

    @property
    def secret_schema(self) -> dict[str, Any] | None:
        """The JSON Schema, where it marks a part as secret: who shows results must know of that."""
        schema = None if self._shape is None else self._shape.schema
        return schema if schema is not None and '"format": "password"' in json.dumps(schema) else None

    @classmethod
    def any_json(cls) -> ResultType:
        """Return the type of results about which nothing is known."""
        return cls("a job", None)

    def dump(self, value: object, *, limit: int = PAYLOAD_LIMIT) -> bytes:
        """Return the JSON of a result. Raises InvalidResult that lists every fault, or PayloadTooLarge."""
        if self._shape is not None:
            return self._shape.dump(value, limit=limit)
        if value is None:
            return _NULL
        data = dump_json(value)
        if len(data) > limit:
            raise PayloadTooLarge(self._what, len(data), limit)
        return data

    def load(self, data: bytes) -> object:
        """Return a stored result. Raises InvalidResult where the type has changed since."""
        if self._shape is not None:
            return self._shape.load(data)
        return None if data == _NULL else parse_json(data, limit=len(data))


def _without_signals(annotation: object) -> object:
    """Return a result's type without the words (Snooze, Cancel, Fail) that may be returned in its place."""
    if get_origin(annotation) in {Union, types.UnionType}:
        kept = tuple(part for part in get_args(annotation) if not _is_signal(part))
        return Union[kept] if kept else None  # noqa: UP007 - the parts are known at run time only
    return None if _is_signal(annotation) else annotation


def _is_signal(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Signal)
