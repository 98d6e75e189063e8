"""How many children there are to be: the first of them says so to its parent."""

from __future__ import annotations

import os

_LONGEST = 16


class Headcount:
    """A pipe that is made before the first fork."""

    def __init__(self) -> None:
        self._read_end, self._write_end = os.pipe()
        self._is_open = True

    def tell(self, number: int) -> None:
        """Say it, in the first child; later ones are not asked any more."""
        if self._is_open:
            self._is_open = False
            os.close(self._read_end)
            os.write(self._write_end, str(number).encode())
            os.close(self._write_end)

    def heard(self) -> int:
        """Wait for the number, in the parent; 0 where the child ended without a word."""
        self._is_open = False
        os.close(self._write_end)
        said = os.read(self._read_end, _LONGEST)
        os.close(self._read_end)
        return int(said or b"0")
