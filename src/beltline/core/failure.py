"""The record of an error: what a person reads later, bounded.

It holds the fingerprint by which dead letters are grouped: made once, here, where the exception is at hand.
"""

from __future__ import annotations

import hashlib
import json
import re
import sysconfig
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, NotRequired, TypedDict, cast

MESSAGE_LIMIT: Final = 4_096
TRACE_LIMIT: Final = 16_384
_PACKAGE: Final = str(Path(__file__).parents[1])
_TOLD_APART: Final = 2_000
_SHAPE_LIMIT: Final = 200
_OWN_FRAMES: Final = 3
# What differs between two errors of one cause, in this order: quoted values (an apostrophe inside a word
# opens none), addresses and paths, words with a digit (numbers, ids, times, hosts), hexadecimal without one.
# Each part begins at the beginning of a word, so that the time stays linear in the text.
_VARYING: Final = re.compile(
    r"""(?<!\w)'[^'\n]*'(?!\w)|"[^"\n]*"|`[^`\n]*`"""
    r"""|(?<![\w.~-])(?:\w+://\S+|(?:[A-Za-z]:)?[\w.~-]*(?:[/\\][\w.@~+-]+)+[/\\]?)"""
    r"""|\b(?:[^\W\d]*\d[\w.:-]*|[0-9a-fA-F]{8,})"""
)
_ROOTS: Final = (object, BaseException, Exception)


class Failure(TypedDict):
    """An error as stored.

    `type` is the qualified name, `bases` those of the types that it derives from (none: left out), `where`
    the innermost frame of the user's code (the innermost of all where there is none), `trace` the formatted
    traceback from the user's first frame on.
    """

    type: str
    message: str
    where: str
    fingerprint: str
    trace: str
    bases: NotRequired[list[str]]


def failure_of(error: BaseException) -> bytes:
    """Return the record of an exception as JSON bytes."""
    kind = type(error)
    first = error.__traceback__
    while first is not None and first.tb_next is not None and _is_ours(first.tb_frame.f_code.co_filename):
        first = first.tb_next
    frames = traceback.extract_tb(first)
    inner = next((frame for frame in reversed(frames) if not is_library(frame.filename)), None)
    inner = inner or (frames[-1] if frames else None)
    where = f"{inner.filename}:{inner.lineno} in {inner.name}" if inner else ""
    trace = "".join(traceback.format_exception(kind, error, first))
    place = _place(first) or (inner.name if inner else "")
    bases = [qualified(base) for base in kind.__mro__[1:] if base not in _ROOTS]
    return failure(qualified(kind), _message(error), where=where, place=place, trace=trace, bases=bases)


def failure(
    kind: str,
    message: str,
    *,
    where: str = "",
    place: str = "",
    trace: str = "",
    bases: Sequence[str] = (),
) -> bytes:
    """Return the record of an error that is no exception (a lost worker, a time-out) as JSON bytes."""
    record: Failure = {
        "type": kind,
        "message": _clean(message)[:MESSAGE_LIMIT],
        "where": _clean(where),
        "fingerprint": fingerprint(kind, message, place),
        "trace": _clean(trace)[-TRACE_LIMIT:],
    }
    if bases:
        record["bases"] = list(bases)
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


def fingerprint(kind: str, message: str, place: str) -> str:
    """Return 12 hex characters by which equal errors are known, on every machine and in every process.

    Messages that differ only in numbers, ids, paths or quoted values count as equal, given the same kind and
    place.
    """
    shape = " ".join(_VARYING.sub("*", message[:_TOLD_APART]).split())[:_SHAPE_LIMIT]
    return hashlib.sha256(f"{kind}|{_clean(place)}|{_clean(shape)}".encode()).hexdigest()[:12]


def qualified(kind: type) -> str:
    """Return the name of a type as records have it: with its module, but for Python's own."""
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def read_failure(data: bytes | None) -> Failure | None:
    """Return the stored record, or None where there is none."""
    return cast("Failure", json.loads(data)) if data else None


def _place(trace: TracebackType | None) -> str:
    """Return the innermost frames of the user's code as `file.function`; no lines, no folders: they move."""
    names: list[str] = []
    for filename, function in _frames(trace):
        name = f"{_stem(filename)}.{function}"
        # However deep a recursion went, it is one place.
        if not is_library(filename) and names[-1:] != [name]:
            names.append(name)
    return ">".join(names[-_OWN_FRAMES:])


def _frames(trace: TracebackType | None) -> Iterator[tuple[str, str]]:
    while trace is not None:
        code = trace.tb_frame.f_code
        yield code.co_filename, code.co_qualname
        trace = trace.tb_next


def _stem(filename: str) -> str:
    path = Path(filename)
    return path.parent.name if path.stem == "__init__" else path.stem


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
