"""The Context: what a body sees of its run, and the only way in which it speaks to the service."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol, cast

from beltline.core.codec import dump_json
from beltline.core.errors import InvalidInput, MalformedJson
from beltline.core.job import ClaimedJob

MESSAGE_LIMIT: Final = 8_192
FIELD_LIMIT: Final = 2_048
NAME_LIMIT: Final = 128
MOST_FIELDS: Final = 32
NOTE_LIMIT: Final = 512

BINARY: Final = "application/octet-stream"
ARTIFACT_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
CONTENT_TYPE: Final = re.compile(r"[A-Za-z0-9.+-]{1,60}/[A-Za-z0-9.+-]{1,60}(; ?[a-z-]{1,20}=[\w.-]{1,40})?")

_NO_LABELS: Final[Mapping[str, str]] = MappingProxyType({})
_ROUNDING: Final = 1e-9


class ContextPort(Protocol):
    """Where a Context leads. Each method may be called from any thread and returns at once."""

    def append_log(self, level: str, message: str, fields: str) -> None:
        """Keep a log line of this run; `fields` is a JSON object as text, or empty."""
        ...

    def report_progress(self, fraction: float, note: str) -> None:
        """Keep how far this run is, 0 to 1."""
        ...

    def is_cancelled(self) -> bool:
        """Return whether this run was asked to stop, for whatever cause."""
        ...

    def keep_artifact(self, name: str, kind: str, data: bytes) -> None:
        """Keep something that this run made; it is durable before the run's outcome is.

        Raises Unsupported where there is no object store, PayloadTooLarge, InvalidInput for one too many.
        """
        ...


class ContextLog:
    """Log lines that stay with the job: a message and fields.

    Messages are cut at 8 KiB and fields at 2 KiB each; a value that is not JSON is kept as its repr.
    """

    __slots__ = ("_port",)

    def __init__(self, port: ContextPort) -> None:
        self._port = port

    def debug(self, message: str, /, **fields: object) -> None:
        """Keep a line of level debug."""
        self._append("debug", message, fields)

    def info(self, message: str, /, **fields: object) -> None:
        """Keep a line of level info."""
        self._append("info", message, fields)

    def warning(self, message: str, /, **fields: object) -> None:
        """Keep a line of level warning."""
        self._append("warning", message, fields)

    def error(self, message: str, /, **fields: object) -> None:
        """Keep a line of level error."""
        self._append("error", message, fields)

    def _append(self, level: str, message: str, fields: Mapping[str, object]) -> None:
        self._port.append_log(
            level, _cut(str(message), MESSAGE_LIMIT), _fields_text(fields) if fields else ""
        )


class Context:
    """What a body knows of its run: ids, labels, counts, and its way to report.

    `run` counts every start of the job, `attempt` the charged ones, this one included (of `max_attempts`).
    `fence` only goes up from run to run of a job: hand it to systems that can refuse an older run's write.
    """

    __slots__ = (
        "_port",
        "attempt",
        "correlation_id",
        "definition",
        "fence",
        "job_id",
        "labels",
        "max_attempts",
        "queue",
        "run",
        "version",
    )

    def __init__(self, job: ClaimedJob, port: ContextPort) -> None:
        self._port = port
        self.job_id = job.id
        self.definition = job.definition
        self.version = job.version
        self.queue = job.queue
        self.run = job.run
        self.attempt = job.attempts_used + 1
        self.max_attempts = job.max_attempts
        self.fence = job.fence
        self.labels: Mapping[str, str] = job.labels or _NO_LABELS
        self.correlation_id = job.correlation_id

    @property
    def log(self) -> ContextLog:
        """Where this run writes its log lines."""
        return ContextLog(self._port)

    @property
    def cancelled(self) -> bool:
        """Whether this run was asked to stop (cancel, time-out, shutdown). Bodies in threads poll it."""
        return self._port.is_cancelled()

    def check_cancelled(self) -> None:
        """Raise asyncio.CancelledError where this run was asked to stop: let it pass."""
        if self._port.is_cancelled():
            raise asyncio.CancelledError

    def progress(self, fraction: float, note: str = "") -> None:
        """Report how far this run is, 0 to 1; the newest report is the one that is kept.

        Raises InvalidInput for anything but a number from 0 to 1.
        """
        if not _is_fraction(fraction):
            raise InvalidInput(
                f"progress {fraction!r} is not a number from 0 to 1; give the part that is done"
            )
        self._port.report_progress(min(max(float(fraction), 0.0), 1.0), _cut(str(note), NOTE_LIMIT))

    def artifact(self, name: str, data: bytes | bytearray | memoryview | Path, *, type: str = BINARY) -> None:  # noqa: A002 - its public word
        """Keep a file that this run made: bytes, or the path of a file, which is read now.

        It is on its way when this returns and durable before the job is final; `type` is its content type. A
        later one of the same name replaces it; each run has its own. Raises InvalidInput for another name
        than 1 to 128 letters, digits and . _ -, PayloadTooLarge, Unsupported where the store has no place for
        objects.
        """
        if not ARTIFACT_NAME.fullmatch(name):
            raise InvalidInput(
                f"artifact name {name!r}: use 1 to 128 letters, digits and . _ -, first a letter or digit"
            )
        if not CONTENT_TYPE.fullmatch(type):
            raise InvalidInput(f"artifact {name!r}: {type!r} is not a content type; use one like image/png")
        self._port.keep_artifact(name, type, _content(data))


def _content(data: object) -> bytes:
    if isinstance(data, Path):
        return data.read_bytes()
    if not isinstance(data, bytes | bytearray | memoryview):
        raise InvalidInput(f"an artifact is bytes or a Path, not {type(data).__qualname__}; encode it first")
    return bytes(data)


def _is_fraction(value: object) -> bool:
    # NaN fails both comparisons; the tolerance forgives sums of floats.
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and -_ROUNDING <= cast("float", value) <= 1 + _ROUNDING


def _cut(text: str, limit: int) -> str:
    """Return text that every store can hold: whole characters, no NUL, at most `limit` bytes."""
    # The usual line is passed through as it is: one byte each character.
    if len(text) <= limit and text.isascii() and "\x00" not in text:
        return text
    data = text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace")
    if len(data) <= limit:
        return data.decode()
    more = f"… ({len(data) - limit:,} bytes more)"
    return data[: limit - len(more.encode())].decode("utf-8", "ignore") + more


def _fields_text(fields: Mapping[str, object]) -> str:
    with suppress(MalformedJson):
        data = dump_json(fields)
        if len(data) <= FIELD_LIMIT:
            return data.decode()
    kept = {_cut(name, NAME_LIMIT): _bounded(value) for name, value in list(fields.items())[:MOST_FIELDS]}
    return dump_json(kept).decode()


def _bounded(value: object) -> object:
    try:
        data = dump_json(value)
    except MalformedJson:
        return _cut(repr(value), FIELD_LIMIT)
    if len(data) <= FIELD_LIMIT:
        return value
    return _cut(value if isinstance(value, str) else data.decode(), FIELD_LIMIT)
