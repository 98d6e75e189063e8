"""When a dead letter goes back to work by itself: faults that pass, at a pace, a few times, then a person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from beltline.core.durations import Duration, micros
from beltline.core.errors import InvalidInput
from beltline.core.failure import Failure, qualified
from beltline.core.rate import Rate, rate_of
from beltline.core.reasons import Reason

MOST_TIMES: Final = 100
MOST_NAMES: Final = 50
_NAME: Final = re.compile(r"[A-Za-z_][\w.<>]{0,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A policy for dead letters of transient faults.

    `on`: exception types (those derived from them too), or names: of types as error records have them
    (`WorkerLost`), of reason codes (`worker_lost`, `timeout`). A letter with such an error goes back to its
    queue `after` it died, no faster than `rate` allows for all letters of the definition, at most `times`
    times (1 to 100); then it is left to a person. A discarded letter never goes back.
    """

    on: tuple[type[BaseException] | str, ...]
    after: Duration = "5m"
    rate: str = "60/m"
    times: int = 3
    names: frozenset[str] = field(init=False, repr=False, compare=False)
    pace: Rate = field(init=False, repr=False, compare=False)
    after_us: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not _are_names(self.on):
            raise InvalidInput(
                f"on {self.on!r}: give a tuple of exception types, names of them or reason codes, such as"
                " (ConnectionError, 'worker_lost')"
            )
        if not _is_number(self.times):
            raise InvalidInput(f"times {self.times!r} is not a whole number from 1 to {MOST_TIMES}")
        names = (part if isinstance(part, str) else qualified(part) for part in self.on)
        object.__setattr__(self, "names", frozenset(names))
        object.__setattr__(self, "pace", rate_of(self.rate, what="replay rate"))
        object.__setattr__(self, "after_us", micros(self.after, what="replay after"))

    def means(self, error: Failure | None, reason: Reason | str) -> bool:
        """Return whether letters with this error and reason go back by themselves."""
        kinds = () if error is None else (error["type"], *error.get("bases", ()))
        return str(reason) in self.names or not self.names.isdisjoint(kinds)

    def stored(self) -> dict[str, object]:
        """Return what a worker without this code needs."""
        return {
            "on": sorted(self.names),
            "after_us": self.after_us,
            "rate": str(self.pace),
            "times": self.times,
        }


def replay_from(stored: Mapping[str, object]) -> Replay:
    """Return the policy that `Replay.stored` described."""
    return Replay(
        on=tuple(cast("list[str]", stored["on"])),
        after=cast("int", stored["after_us"]) / 1_000_000,
        rate=cast("str", stored["rate"]),
        times=cast("int", stored["times"]),
    )


def _are_names(parts: object) -> bool:
    return isinstance(parts, tuple) and 1 <= len(parts) <= MOST_NAMES and all(map(_is_name, parts))


def _is_number(times: object) -> bool:
    return isinstance(times, int) and not isinstance(times, bool) and 1 <= times <= MOST_TIMES


def _is_name(part: object) -> bool:
    if isinstance(part, str):
        return _NAME.fullmatch(part) is not None
    return isinstance(part, type) and issubclass(part, BaseException)
