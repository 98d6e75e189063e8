"""The rate of requests that one API key, or one address, may make."""

from __future__ import annotations

from collections import OrderedDict
from http import HTTPStatus
from typing import Final

from beltline.core.clock import MICROS, Clock
from beltline.wire.problems import Refused

_MOST_KNOWN: Final = 10_000


class Rate:
    """A bucket for each key, refilled by time; a second's worth of requests may come at once."""

    def __init__(self, per_second: int, *, clock: Clock, whose: str = "this API key") -> None:
        self._whose = whose
        self._per_second = per_second
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def spend(self, key_id: str) -> None:
        """Take one request from the bucket. Raises Refused where it is empty."""
        now = self._clock.monotonic()
        left, at = self._buckets.get(key_id, (float(self._per_second), now))
        left = min(float(self._per_second), left + (now - at) / MICROS * self._per_second)
        if left < 1:
            raise Refused(
                HTTPStatus.TOO_MANY_REQUESTS,
                "rate_limited",
                f"{self._whose} may make {self._per_second:,} requests a second: slow down",
                retry_after=(1 - left) / self._per_second,
            )
        self._buckets[key_id] = left - 1, now
        self._buckets.move_to_end(key_id)
        if len(self._buckets) > _MOST_KNOWN:
            self._buckets.popitem(last=False)
