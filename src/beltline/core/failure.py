"""The record of an error: what a person reads later, bounded.

It holds the fingerprint by which equal errors are grouped.
"""

from __future__ import annotations

import hashlib
import json
import re
import sysconfig
import traceback
from pathlib import Path
from typing import Final, TypedDict, cast

MESSAGE_LIMIT: Final = 4_096
TRACE_LIMIT: Final = 16_384
_PACKAGE: Final = str(Path(__file__).parents[1])
_VARYING: Final = re.compile(r"0x[0-9a-fA-F]+|\d+|'[^']*'|\"[^\"]*\"")


class Failure(TypedDict):
    """An error as stored.

    `type` is the qualified name, `where` the innermost frame of the user's code (the innermost of all where
    there is none), `trace` the formatted traceback from the user's first frame on.
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
    first = error.__traceback__
    while first is not None and first.tb_next is not None and _is_ours(first.tb_frame.f_code.co_filename):
        first = first.tb_next
    frames = traceback.extract_tb(first)
    inner = next((frame for frame in reversed(frames) if not is_library(frame.filename)), None)
    inner = inner or (frames[-1] if frames else None)
    where = f"{inner.filename}:{inner.lineno} in {inner.name}" if inner else ""
    trace = "".join(traceback.format_exception(kind, error, first))
    return failure(name, _message(error), where=where, place=inner.name if inner else "", trace=trace)


def failure(kind: str, message: str, *, where: str = "", place: str = "", trace: str = "") -> bytes:
    """Return the record of an error that is no exception (a lost worker, a time-out) as JSON bytes."""
    record: Failure = {
        "type": kind,
        "message": _clean(message)[:MESSAGE_LIMIT],
        "where": _clean(where),
        "fingerprint": fingerprint(kind, message, place),
        "trace": _clean(trace)[-TRACE_LIMIT:],
    }
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


def fingerprint(kind: str, message: str, place: str) -> str:
    """Return 12 hex characters by which equal errors are known.

    Messages that differ only in numbers or quoted values count as equal, given the same kind and place.
    """
    shape = _VARYING.sub("*", message)[:200]
    return hashlib.sha256(f"{kind}|{place}|{_clean(shape)}".encode()).hexdigest()[:12]


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


def _is_ours(filename: str) -> bool:
    return filename.startswith(_PACKAGE)


def is_library(filename: str) -> bool:
    """Return whether a file is none of the user's: of Beltline, of Python or of an installed package."""
    inside = ("<frozen", _PACKAGE, sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))
    return filename.startswith(inside) or "site-packages" in filename
