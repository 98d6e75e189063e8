"""Many byte strings as one argument: SQLite cuts the pieces out again, byte for byte, without escaping."""

from __future__ import annotations


class Blob:
    """Byte strings end to end; offsets count from one, as SQLite's substr does."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._next = 1

    def add(self, piece: bytes | None) -> tuple[int | None, int | None]:
        """Add a piece and return its offset and length, both None for None."""
        if piece is None:
            return None, None
        offset, length = self._next, len(piece)
        self._pieces.append(piece)
        self._next += length
        return offset, length

    def joined(self) -> bytes:
        """Return all pieces in one."""
        return b"".join(self._pieces)
