"""How the service is run: its limits and whom it lets in."""

from __future__ import annotations

from dataclasses import dataclass

from beltline.core.values import MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings:
    """Limits of the service. What is beyond them is refused with 413 or 429, at once.

    `rate` is requests a second for each API key, of which one second's worth may come at once, `hook_rate`
    calls of webhooks a second from one address. `most_queued` bounds the jobs that wait in a namespace,
    `most_streams` the event streams of the process. `cors` names the origins whose pages may call.
    """

    largest_body: int = 8 * MIB
    rate: int = 5_000
    most_queued: int = 1_000_000
    cors: tuple[str, ...] = ()
    body_seconds: float = 30.0
    most_streams: int = 1_000
    hook_rate: int = 1_000
