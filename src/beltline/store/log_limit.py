"""How much of a job's log is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from beltline.store.log_lines import NewLogLine


class SizedLine(NamedTuple):
    """A line, its bytes, and its number among those of its job from the last that was appended on."""

    line: NewLogLine
    size: int
    place: int


class LogLimit(NamedTuple):
    """How much of a job's log is kept: its newest lines, up to both limits; the very newest always.

    What goes leaves a gap before the next `seq`.
    """

    lines: int = 10_000
    size: int = 1_048_576

    def newest(self, lines: Sequence[NewLogLine]) -> Sequence[SizedLine]:
        """Return the lines without those that later ones of their job push out, which keep their places."""
        sized = _placed(lines)
        if len(sized) <= self.lines and sum(each.size for each in sized) <= self.size:
            return sized
        counts: dict[str, tuple[int, int]] = {}
        kept: list[SizedLine] = []
        for each in reversed(sized):
            count, later = counts.get(each.line.job_id, (0, 0))
            if count < self.lines and later < self.size:
                kept.append(each)
            counts[each.line.job_id] = (count + 1, later + each.size)
        return kept[::-1]


def _placed(lines: Sequence[NewLogLine]) -> list[SizedLine]:
    places: dict[str, int] = {}
    found: list[SizedLine] = []
    for line in lines:
        place = places[line.job_id] = places.get(line.job_id, 0) + line.skipped + 1
        found.append(SizedLine(line, line.size, place))
    return found


DEFAULT_LIMIT: Final = LogLimit()
