"""What a row holds in place of bytes that were too large for it."""

from __future__ import annotations

from typing import Final, NamedTuple, cast

from beltline.core.codec import dump_json, parse_json

# No JSON text begins with this byte, and payloads and results are JSON: one look tells the two apart.
MARK: Final = 0x01
_PREFIX: Final = bytes([MARK])


class Reference(NamedTuple):
    """Where the bytes are, and what they must be.

    `sha256` and `size` are those of the plain bytes; `sealed` says that the object is encrypted.
    """

    name: str
    sha256: str
    size: int
    sealed: bool = False

    def packed(self) -> bytes:
        """Return the bytes that stand in the row."""
        return _PREFIX + dump_json(self._asdict())


def is_reference(data: bytes | None) -> bool:
    """Say whether a payload or result of a row is a reference."""
    return data is not None and data[:1] == _PREFIX


def reference_of(data: bytes) -> Reference:
    """Return the reference that `packed` wrote."""
    return Reference(**cast("dict[str, str]", parse_json(data[1:])))  # type: ignore[arg-type]
