"""Errors on the command line: a text or a JSON object on stderr, and an exit code that means something."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from beltline.cli.text import clean
from beltline.config import masked
from beltline.core.errors import (
    AppImportFailed,
    BeltlineError,
    ConfigError,
    InvalidInput,
    NotFound,
    ObjectsUnavailable,
    StoreError,
    Unsupported,
)

OK: Final = 0
FAILED: Final = 1
INVALID: Final = 2
NOT_FOUND: Final = 3
UNAVAILABLE: Final = 4
INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141

EXIT_CODES: Final = (
    (OK, "done"),
    (FAILED, "what was asked about failed: a job ended not succeeded, or its state forbids the action"),
    (INVALID, "invalid input: usage, configuration, payload, app"),
    (NOT_FOUND, "no such job, definition or dead letter"),
    (UNAVAILABLE, "the store or its object store cannot be used"),
    (INTERRUPTED, "interrupted"),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as it is shown."""

    code: str
    message: str
    exit_code: int
    details: Mapping[str, object]

    def text(self, *, as_json: bool) -> str:
        """Return the text for stderr."""
        if as_json:
            body = {"code": self.code, "message": self.message, **self.details}
            return json.dumps({"error": body}, ensure_ascii=False)
        return clean(f"error [{self.code}]: {self.message}")


def fault_of(error: BeltlineError, **details: object) -> Fault:
    """Return how an error is shown; passwords in its message are masked."""
    if isinstance(error, ConfigError):
        details["problems"] = [masked(problem) for problem in error.problems]
    if isinstance(error, InvalidInput):
        # Its room takes longer to load than most commands take.
        from beltline.wire.problems import fault_bodies

        if faults := fault_bodies(error):
            details["faults"] = faults
    return Fault(error.code, masked(str(error)), exit_code(error), details)


def usage_fault(message: str) -> Fault:
    """Return how a wrong command line is shown."""
    return Fault("usage", masked(message), INVALID, {})


def exit_code(error: BeltlineError) -> int:
    """Return the exit code for an error."""
    if isinstance(error, NotFound):
        return NOT_FOUND
    if isinstance(error, StoreError | ObjectsUnavailable):
        return UNAVAILABLE
    if isinstance(error, InvalidInput | ConfigError | AppImportFailed | Unsupported):
        return INVALID
    return FAILED
