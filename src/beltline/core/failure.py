"""The record of an error: what a person reads later, bounded.

And the fingerprint by which equal errors are grouped.
"""

from __future__ import annotations

import hashlib
import json
import re
import traceback
from typing import Final, TypedDict, cast

MESSAGE_LIMIT: Final = 4_096
TRACE_LIMIT: Final = 16_384
_VARYING: Final = re.compile(r"0x[0-9a-fA-F]+|\d+|'[^']*'|\"[^\"]*\"")


class Failure(TypedDict):
    """An error as stored: `type` is the qualified name, `where` the innermost frame of user code.

    `trace` the formatted traceback.
    """

    type: str
    message: str
    where: str
    fingerprint: str
    trace: str


def failure_of(error: BaseException) -> bytes:
    """Return the record of an exception as JSON bytes."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename}:{frames[-1].lineno} in {frames[-1].name}" if frames else ""
    trace = "".join(traceback.format_exception(error))
    return failure(name, _message(error), where=where, place=frames[-1].name if frames else "", trace=trace)


def failure(kind: str, message: str, *, where: str = "", place: str = "", trace: str = "") -> bytes:
    """Return the record of an error that is no exception (a lost worker, a time-out) as JSON bytes."""
    record: Failure = {
        "type": _clean(kind),
        "message": _clean(message)[:MESSAGE_LIMIT],
        "where": _clean(where),
        "fingerprint": fingerprint(kind, message, place),
        "trace": _clean(trace)[-TRACE_LIMIT:],
    }
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


def fingerprint(kind: str, message: str, place: str) -> str:
    """Return 12 hex characters that are equal for errors of one kind and place whose messages differ in.

    Numbers or quoted values.
    """
    shape = _VARYING.sub("*", message)[:200]
    return hashlib.sha256(f"{_clean(kind)}|{place}|{_clean(shape)}".encode()).hexdigest()[:12]


def read_failure(data: bytes | None) -> Failure | None:
    """Return the stored record, or None where there is none."""
    return cast("Failure", json.loads(data)) if data else None


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the exceptions of user code may fail in any way, and are recorded all the same
        return "(its own str() fails)"


def _clean(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")
