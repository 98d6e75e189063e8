"""A type as Beltline uses it: strict from Python to JSON bytes and back, with every fault named."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from types import UnionType
from typing import Annotated, Any, Final, TypeAlias, Union, cast, get_args, get_origin

import pydantic_core
from pydantic import (
    GetCoreSchemaHandler,
    PydanticInvalidForJsonSchema,
    PydanticSchemaGenerationError,
    PydanticUserError,
    TypeAdapter,
    ValidationError,
)

from beltline.core.codec import PAYLOAD_LIMIT, check_json
from beltline.core.errors import InvalidInput, MalformedJson, PayloadTooLarge
from beltline.core.json_faults import LONGEST_INT, MAX_DEPTH
from beltline.definitions.faults import Faults, faults_of, not_finite, unwritable
from beltline.definitions.formats import CONFIG
from beltline.definitions.json_schema import Notes, noting
from beltline.definitions.stored import StoredSchema

Refusal: TypeAlias = Callable[[Faults], InvalidInput]

_BARE: Final = frozenset({int, str, bool, float, type(None)})


class Shape:
    """One type, compiled once.

    `what` names it in messages; `refuse` makes the error of a value that does not fit.
    Raises InvalidInput where the type cannot be stored as JSON.
    """

    __slots__ = (
        "_bare",
        "_exact",
        "_free",
        "_refuse",
        "_to_json",
        "_to_python",
        "_validate_json",
        "_validate_python",
        "_what",
        "schema",
    )

    def __init__(self, what: str, annotation: Any, *, bare: bool, refuse: Refusal) -> None:  # noqa: ANN401 - a type
        adapter, notes, schema = _compiled(what, annotation)
        self._what = what
        self._refuse = refuse
        self._bare = bare
        self._free = notes.holds_any
        self._exact = StoredSchema(json.dumps(schema)) if notes.holds_exact_numbers else None
        self.schema = schema
        self._validate_python = adapter.validator.validate_python
        self._validate_json = adapter.validator.validate_json
        self._to_json = adapter.serializer.to_json
        self._to_python = adapter.serializer.to_python

    def dump(self, value: object, *, limit: int = PAYLOAD_LIMIT) -> bytes:
        """Return the JSON of a value of this type: what `load` accepts and turns into an equal value."""
        try:
            checked = self._validate_python(value, strict=True, extra="forbid")
        except ValidationError as error:
            raise self._refuse(faults_of(error, value)) from error
        try:
            # The validated value has lost that it was given True for Literal[1]; the given one has not.
            data = self._to_json(checked if self._exact is None else value, by_alias=True, warnings=False)
        except ValueError as error:
            raise self._refuse([unwritable(checked) or ("", str(error))]) from error
        if len(data) > limit:
            raise PayloadTooLarge(self._what, len(data), limit)
        # Bare scalars come out as themselves, short of endless numbers. All else is read again: a dataclass
        # holds whatever its fields were set to, and a serialiser may say anything.
        if not self._bare or len(data) > LONGEST_INT:
            self._read_again(checked, data)
        return data

    def load(self, data: bytes) -> object:
        """Return the value of stored JSON, which is known to be well-formed (see `check`)."""
        try:
            value = self._validate_json(data, strict=True, extra="forbid")
        except ValidationError as error:
            value = self._load_whole_numbers(data, error)
        if self._exact is not None and (faults := self._exact.faults(data, limit=len(data))):
            raise self._refuse(faults)
        return value

    def check(self, data: bytes, *, limit: int = PAYLOAD_LIMIT) -> object:
        """Return the value of JSON from outside. Raises MalformedJson and PayloadTooLarge too."""
        check_json(data, limit=limit)
        return self.load(data)

    def _load_whole_numbers(self, data: bytes, error: ValidationError) -> object:
        """Read 1.0 as the integer that JSON Schema says it is. The usual load never comes here."""
        whole = _with_whole_numbers(data)
        if whole is not None:
            try:
                return self._validate_json(whole, strict=True, extra="forbid")
            except ValidationError as second:
                error = second
        raise self._refuse(faults_of(error, _document(data))) from error

    def _read_again(self, checked: object, data: bytes) -> None:
        # Depending on its surroundings pydantic writes NaN as null: only then is each number looked at.
        if b"null" in data or b"NaN" in data or b"Infinity" in data:
            self._refuse_not_finite(checked)
        try:
            if self._free or data.count(b"{") + data.count(b"[") > MAX_DEPTH:
                check_json(data, limit=len(data))
        except MalformedJson as error:
            raise self._refuse([("", str(error))]) from error
        self.load(data)

    def _refuse_not_finite(self, checked: object) -> None:
        plain = self._to_python(checked, by_alias=True, warnings=False)
        faults = list(not_finite(plain))
        if faults:
            raise self._refuse(faults)


def is_bare(annotation: object) -> bool:
    """Say whether a type is one of JSON's scalars, or a union of them, with nothing added."""
    branches = get_args(annotation) if get_origin(annotation) in {Union, UnionType} else (annotation,)
    return all(branch in _BARE for branch in branches)


class _As:
    """Stands for a type, so that the configuration applies to types that have none of their own."""

    def __init__(self, annotation: Any) -> None:  # noqa: ANN401 - a type
        self._annotation = annotation

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> pydantic_core.CoreSchema:
        return handler.generate_schema(self._annotation)


def _compiled(what: str, annotation: Any) -> tuple[TypeAdapter[Any], Notes, dict[str, Any]]:  # noqa: ANN401 - a type
    notes = Notes()
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(Annotated[Any, _As(annotation)], config=CONFIG)
        schema = adapter.json_schema(schema_generator=noting(notes))
    except (PydanticSchemaGenerationError, PydanticInvalidForJsonSchema, PydanticUserError) as error:
        reason = re.split(r"\.\s|\n", str(error), maxsplit=1)[0]
        raise InvalidInput(
            f"{what} has a type that cannot be stored as JSON: {reason}; use scalars, dataclasses, "
            "pydantic models, TypedDicts and containers of them"
        ) from error
    if '"writeOnly": true' in json.dumps(schema):
        raise InvalidInput(
            f"{what} holds a secret; pass a reference to it (its name in the environment), never the secret"
        )
    return adapter, notes, schema


def _document(data: bytes) -> object:
    try:
        return cast("object", json.loads(data))
    except (ValueError, RecursionError):
        return None


def _with_whole_numbers(data: bytes) -> bytes | None:
    if b"." not in data and b"e" not in data and b"E" not in data:
        return None

    def whole(text: str) -> float | int:
        number = float(text)
        return int(number) if number.is_integer() else number

    try:
        return json.dumps(json.loads(data, parse_float=whole)).encode()
    except (ValueError, RecursionError):
        return None
