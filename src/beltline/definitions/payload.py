"""The payload of a job definition, typed by the function's own annotations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NotRequired, cast

from typing_extensions import TypedDict  # pydantic does not take the one of Python 3.11

from beltline.core.codec import PAYLOAD_LIMIT, dump_json, parse_json
from beltline.core.errors import InvalidPayload, MalformedJson
from beltline.definitions.faults import Faults
from beltline.definitions.shape import Shape, is_bare
from beltline.definitions.signature import REQUIRED, Field, Signature


class PayloadType:
    """The parameters of a function as one JSON object; parameters that were not given are not in it."""

    __slots__ = ("_name", "_positional", "_shape", "schema")

    def __init__(self, name: str, signature: Signature) -> None:
        self._name = name
        self._positional = signature.positional
        self._shape = Shape(
            f"the payload of {name!r}",
            _object_type(signature.fields),
            bare=all(is_bare(field.annotation) for field in signature.fields.values()),
            refuse=lambda faults: InvalidPayload(name, faults),
        )
        self.schema = _described(self._shape.schema, name, signature.fields)

    def dump(
        self, args: tuple[object, ...], kwargs: Mapping[str, object], *, limit: int = PAYLOAD_LIMIT
    ) -> bytes:
        """Return the payload of a call with these arguments (the Context left out).

        Raises InvalidPayload that lists every fault, or PayloadTooLarge.
        """
        return self._shape.dump(self._bound(args, kwargs) if args else dict(kwargs), limit=limit)

    def load(self, data: bytes) -> dict[str, object]:
        """Return the keyword arguments that a stored payload stands for. Raises InvalidPayload."""
        return cast("dict[str, object]", self._shape.load(data))

    def check(self, data: bytes, *, limit: int = PAYLOAD_LIMIT) -> dict[str, object]:
        """Do what `load` does for a payload from outside. Raises MalformedJson and PayloadTooLarge too."""
        return cast("dict[str, object]", self._shape.check(data, limit=limit))

    def _bound(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> dict[str, object]:
        names = self._positional
        faults: Faults = [
            (name, "is given twice, by position and by name") for name in names[: len(args)] if name in kwargs
        ]
        if len(args) > len(names):
            faults.append(("", f"{len(args)} values are given by position, but only {len(names)} can be"))
        if faults:
            raise InvalidPayload(self._name, faults)
        return {**dict(zip(names, args, strict=False)), **kwargs}


def _object_type(fields: Mapping[str, Field]) -> object:
    kinds = {
        name: field.annotation if field.default is REQUIRED else NotRequired[field.annotation]
        for name, field in fields.items()
    }
    make = cast("Callable[[str, Mapping[str, object]], object]", TypedDict)
    return make("Payload", kinds)


def _described(schema: dict[str, Any], name: str, fields: Mapping[str, Field]) -> dict[str, Any]:
    """Return the schema with its dialect, title and the defaults that JSON can show."""
    properties = schema.get("properties", {})
    for parameter, field in fields.items():
        if field.default is not REQUIRED and parameter in properties:
            try:
                properties[parameter]["default"] = parse_json(dump_json(field.default))
            except MalformedJson:
                continue
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": name}
