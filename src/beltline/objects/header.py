"""What stands before the content of an encrypted object."""

from __future__ import annotations

from typing import Final, NamedTuple

from beltline.core.errors import ObjectCorrupt

CHECK_SIZE: Final = 8
NONCE_SIZE: Final = 12
_FORMAT: Final = b"BLO1"


# An id of a key has at most 255 bytes.
LONGEST: Final = len(_FORMAT) + 1 + 255 + CHECK_SIZE + NONCE_SIZE


class Header(NamedTuple):
    """The format, then the length of the key's id, the id, the check and the nonce.

    `check` tells whether the key that a process has under this id is the one that was used.
    """

    key_id: str
    check: bytes
    nonce: bytes

    def packed(self) -> bytes:
        """Return the header as bytes."""
        key_id = self.key_id.encode()
        return _FORMAT + bytes([len(key_id)]) + key_id + self.check + self.nonce


def may_be_sealed(data: bytes) -> bool:
    """Say whether bytes begin as an encrypted object does; a plain one may do so too."""
    return data[: len(_FORMAT)] == _FORMAT


def header_of(name: str, data: bytes, place: str) -> tuple[Header, bytes]:
    """Return the header of an object and what follows it. Raises ObjectCorrupt where there is none."""
    start = len(_FORMAT) + 1
    id_end = start + (data[start - 1] if len(data) >= start else 0)
    check_end = id_end + CHECK_SIZE
    nonce_end = check_end + NONCE_SIZE
    if data[: len(_FORMAT)] != _FORMAT or len(data) < nonce_end:
        raise ObjectCorrupt(name, place, "it is not encrypted, as the row says it is")
    key_id = data[start:id_end].decode("utf-8", "replace")
    return Header(key_id, data[id_end:check_end], data[check_end:nonce_end]), data[nonce_end:]
