"""Validation by a stored JSON Schema, for payloads whose types are not at hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

from beltline.core.codec import PAYLOAD_LIMIT, parse_json
from beltline.core.errors import InvalidInput, InvalidPayload
from beltline.core.json_faults import member
from beltline.definitions.faults import MISSING, UNEXPECTED, Faults
from beltline.definitions.formats import format_checks
from beltline.definitions.secret import MASK, holds_secrets

_LONGEST: Final = 300
_MOST_FAULTS: Final = 100


class StoredSchema:
    """One stored schema, compiled when it is first needed. References to other documents are not followed.

    Raises InvalidInput where the text is not a JSON Schema.
    """

    __slots__ = ("_validator",)

    def __init__(self, schema: str) -> None:
        # Loading it takes several megabytes that a process with all its types at hand does not need.
        import jsonschema_rs  # noqa: PLC0415

        try:
            parsed = cast("dict[str, Any]", parse_json(schema))
            self._validator = jsonschema_rs.validator_for(
                parsed,
                formats=format_checks(schema),
                validate_formats=True,
                # The fault of a whole repeats its parts: where one may be secret, no fault repeats a value.
                mask=MASK if holds_secrets(parsed) else None,
                offline=True,
            )
        except (ValueError, TypeError) as error:
            raise InvalidInput(f"the stored schema is not a JSON Schema: {error}") from error

    def check(self, definition: str, data: bytes, *, limit: int = PAYLOAD_LIMIT) -> None:
        """Raise InvalidPayload that lists every fault, MalformedJson or PayloadTooLarge; else return."""
        faults = self.faults(data, limit=limit)
        if faults:
            raise InvalidPayload(definition, faults)

    def faults(self, data: bytes, *, limit: int = PAYLOAD_LIMIT) -> Faults:
        """Return every fault, up to a hundred. Raises MalformedJson or PayloadTooLarge."""
        return self._faults_of(parse_json(data, limit=limit))

    def check_value(self, definition: str, value: object) -> None:
        """Do what `check` does to a value that `parse_json` made."""
        faults = self._faults_of(value)
        if faults:
            raise InvalidPayload(definition, faults)

    def _faults_of(self, value: object) -> Faults:
        faults: Faults = []
        if self._validator.is_valid(value):
            return faults
        for error in self._validator.iter_errors(value):
            faults.extend(fault for fault in _faults(error) if fault not in faults)
            if len(faults) >= _MOST_FAULTS:
                break
        return faults


def _faults(error: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - jsonschema_rs is not imported up here
    path = ""
    for step in error.instance_path:
        path = member(path, step)
    kind = error.kind.name
    facts = error.kind.as_dict()
    if kind == "required":
        yield member(path, facts["property"]), MISSING
    elif kind == "additionalProperties":
        yield from ((member(path, name), UNEXPECTED) for name in facts["unexpected"])
    else:
        text = error.message
        yield path, text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
