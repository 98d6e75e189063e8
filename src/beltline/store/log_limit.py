"""How much of a job's log is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from beltline.store.params import NewLogLine


class LogLimit(NamedTuple):
    """How much of a job's log is kept: its newest lines, up to both limits; the very newest always.

    What goes leaves a gap before the first `seq`.
    """

    lines: int = 10_000
    size: int = 1_048_576

    def newest(self, lines: Sequence[NewLogLine]) -> Sequence[NewLogLine]:
        """Return the lines without those of a job that the later ones of the same call push out."""
        if len(lines) <= self.lines and sum(line.size for line in lines) <= self.size:
            return lines
        counts: dict[str, tuple[int, int]] = {}
        kept: list[NewLogLine] = []
        for line in reversed(lines):
            count, size = counts.get(line.job_id, (0, 0))
            if count < self.lines and size < self.size:
                kept.append(line)
            counts[line.job_id] = (count + 1, size + line.size)
        return kept[::-1]


DEFAULT_LIMIT: Final = LogLimit()
