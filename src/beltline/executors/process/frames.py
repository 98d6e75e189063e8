"""What travels between a worker and a body's process: a kind, a head of JSON and a body of bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

_LENGTHS: Final = struct.Struct("!BII")
_EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})


class Kind(IntEnum):
    """JOB, STOP, STACK and ANSWER go to the process; LOG, PROGRESS, ENDED, STACKED and ASK come from it.

    A job too large for the box comes by the pipe; a JOB without a head lies in the box then.
    """

    JOB = 1
    STOP = 2
    STACK = 3
    LOG = 4
    PROGRESS = 5
    ENDED = 6
    STACKED = 7
    ASK = 8
    ANSWER = 9


class Frame(NamedTuple):
    """One message."""

    kind: Kind
    head: Mapping[str, Any] = _EMPTY
    body: bytes = b""

    def encoded(self) -> bytes:
        """Return the bytes that `Frames` reads."""
        head = json.dumps(self.head, separators=(",", ":")).encode() if self.head else b""
        return _LENGTHS.pack(self.kind, len(head), len(self.body)) + head + self.body


class Frames:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._held = bytearray()

    def take(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that these bytes complete. Raises ValueError where the stream is none of ours."""
        held = self._held
        held += data
        while len(held) >= _LENGTHS.size:
            kind, head_length, body_length = _LENGTHS.unpack_from(held)
            begin = _LENGTHS.size + head_length
            end = begin + body_length
            if len(held) < end:
                return
            head = json.loads(held[_LENGTHS.size : begin].decode()) if head_length else _EMPTY
            body = bytes(held[begin:end])
            del held[:end]
            yield Frame(Kind(kind), head, body)
