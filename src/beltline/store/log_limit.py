"""How much of a job's log is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from beltline.store.log_lines import NewLogLine


class LogLimit(NamedTuple):
    """How much of a job's log is kept: its newest lines, up to both limits; the very newest always.

    What goes leaves a gap before the first `seq`.
    """

    lines: int = 10_000
    size: int = 1_048_576

    def newest(self, lines: Sequence[NewLogLine]) -> Sequence[tuple[NewLogLine, int]]:
        """Return the lines with their sizes, without those that later ones of their job push out."""
        sized = [(line, line.size) for line in lines]
        if len(sized) <= self.lines and sum(size for _, size in sized) <= self.size:
            return sized
        counts: dict[str, tuple[int, int]] = {}
        kept: list[tuple[NewLogLine, int]] = []
        for line, size in reversed(sized):
            count, later = counts.get(line.job_id, (0, 0))
            if count < self.lines and later < self.size:
                kept.append((line, size))
            counts[line.job_id] = (count + 1, later + size)
        return kept[::-1]


DEFAULT_LIMIT: Final = LogLimit()
