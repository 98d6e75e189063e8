"""The log of a run, as its body writes it: what is kept of a message and its fields."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from beltline.core.codec import dump_json
from beltline.core.errors import MalformedJson
from beltline.definitions.port import ContextPort

MESSAGE_LIMIT: Final = 8_192
LONGEST_MESSAGE: Final = 1_048_576
FIELD_LIMIT: Final = 2_048
NAME_LIMIT: Final = 128
MOST_FIELDS: Final = 32


class ContextLog:
    """Log lines that stay with the job: a message and fields.

    Messages are cut at 8 KiB, whole ones of up to 1 MiB go to the object store; fields are cut at 2 KiB each.
    A value that is not JSON is kept as its repr.
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
            level, cut(str(message), LONGEST_MESSAGE), _fields_text(fields) if fields else ""
        )


def cut(text: str, limit: int) -> str:
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
    kept = {cut(name, NAME_LIMIT): _bounded(value) for name, value in list(fields.items())[:MOST_FIELDS]}
    return dump_json(kept).decode()


def _bounded(value: object) -> object:
    try:
        data = dump_json(value)
    except MalformedJson:
        return cut(repr(value), FIELD_LIMIT)
    if len(data) <= FIELD_LIMIT:
        return value
    return cut(value if isinstance(value, str) else data.decode(), FIELD_LIMIT)
