"""When a failed run is tried again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, cast

from beltline.core.clock import MICROS
from beltline.core.durations import Duration, micros
from beltline.core.errors import InvalidInput
from beltline.core.ids import Random

Backoff: TypeAlias = Literal["exponential", "fixed"] | Callable[[int], Duration]
ExceptionTypes: TypeAlias = tuple[type[BaseException], ...]

MOST_ATTEMPTS: Final = 1_000
MAX_CRASHES: Final = 3
_DOUBLINGS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A retry policy.

    `max_attempts` (1 to 1,000) counts runs that failed or timed out; releases, snoozes and lost workers are
    not charged. `backoff`: `exponential` draws uniformly from 0 to base x 2^(n-1), at most `cap` (full
    jitter: spreads a crowd of retries best, see Brooker, "Exponential Backoff and Jitter", AWS 2015); `fixed`
    waits `base`; a callable gets n, the attempts used so far, and returns a duration (where it raises, the
    exponential delay is taken: a faulty policy loses no job). `retry_on`: only these exception types are
    tried again; `give_up_on`: these never are, it wins.
    """

    max_attempts: int = 5
    backoff: Backoff = "exponential"
    base: Duration = 1.0
    cap: Duration = "10m"
    retry_on: ExceptionTypes = (Exception,)
    give_up_on: ExceptionTypes = ()
    _base_us: int = field(init=False, repr=False, compare=False)
    _cap_us: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if type(self.max_attempts) is not int or not 1 <= self.max_attempts <= MOST_ATTEMPTS:
            raise InvalidInput(
                f"max_attempts {self.max_attempts!r} is not a whole number from 1 to {MOST_ATTEMPTS:,}"
            )
        if not callable(self.backoff) and self.backoff not in ("exponential", "fixed"):
            raise InvalidInput(
                f"backoff {self.backoff!r} is unknown; use 'exponential', 'fixed' or a function"
            )
        for name, kinds in (("retry_on", self.retry_on), ("give_up_on", self.give_up_on)):
            if not _are_exception_types(kinds):
                raise InvalidInput(
                    f"{name} {kinds!r}: give a tuple of exception types, such as (OSError, TimeoutError)"
                )
        object.__setattr__(self, "_base_us", micros(self.base, what="retry base"))
        object.__setattr__(self, "_cap_us", micros(self.cap, what="retry cap"))

    def permits(self, error: BaseException) -> bool:
        """Return whether an error of this type may be tried again."""
        return isinstance(error, self.retry_on) and not isinstance(error, self.give_up_on)

    def delay_us(self, attempts_used: int, random: Random) -> int:
        """Return the microseconds to wait before the next run.

        After `attempts_used` (1 or more) charged runs.
        """
        if callable(self.backoff):
            try:
                return micros(self.backoff(attempts_used), what="retry delay")
            except Exception:  # noqa: BLE001, S110 - any fault of a user function falls back to the default below
                pass
        if self.backoff == "fixed":
            return self._base_us
        ceiling = min(self._cap_us, self._base_us << min(attempts_used - 1, _DOUBLINGS))
        return round(random.random() * ceiling)

    def stored(self) -> dict[str, int | str]:
        """Return what a rescuer without this code needs.

        A custom backoff is kept as exponential, exception types are not kept.
        """
        kind = self.backoff if isinstance(self.backoff, str) else "exponential"
        return {
            "backoff": kind,
            "base_us": self._base_us,
            "cap_us": self._cap_us,
            "max_attempts": self.max_attempts,
        }


def _are_exception_types(kinds: object) -> bool:
    return isinstance(kinds, tuple) and all(
        isinstance(kind, type) and issubclass(kind, BaseException) for kind in kinds
    )


def retry_from(stored: Mapping[str, object]) -> Retry:
    """Return the policy that `Retry.stored` described; anything missing takes its default."""
    return Retry(
        max_attempts=cast("int", stored.get("max_attempts", 5)),
        backoff=cast("Literal['exponential', 'fixed']", stored.get("backoff", "exponential")),
        base=cast("int", stored.get("base_us", MICROS)) / MICROS,
        cap=cast("int", stored.get("cap_us", 600 * MICROS)) / MICROS,
    )
