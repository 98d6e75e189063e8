"""What the routes work with: the store, and for each namespace what submits, waits and counts."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from beltline.api.callers import Callers, TokenKeys
from beltline.api.depth import Depth
from beltline.api.picking import Opened
from beltline.api.ports import MakeSubmitting, MakeWaiting, Submitting, Waiting
from beltline.api.rate import Rate
from beltline.api.settings import ServeSettings
from beltline.api.templates import Templates
from beltline.api.turnstile import Turnstile
from beltline.core.clock import MICROS, Clock
from beltline.core.ids import Random
from beltline.store.contract import Store

BOARD_US: Final = MICROS


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the composition root hands over; `store` is open."""

    store: Store
    clock: Clock
    random: Random
    settings: ServeSettings
    make_submitting: MakeSubmitting
    make_waiting: MakeWaiting
    tokens: TokenKeys | None = None


class Tenant(NamedTuple):
    """What belongs to one namespace."""

    submitting: Submitting
    waiting: Waiting
    depth: Depth


class Desk:
    """The state of one service."""

    def __init__(self, ports: Ports) -> None:
        self.store = ports.store
        self.clock = ports.clock
        self.random = ports.random
        self.settings = ports.settings
        self.callers = Callers(ports.store, clock=ports.clock, tokens=ports.tokens)
        self.rate = Rate(ports.settings.rate, clock=ports.clock)
        self.hooks = Rate(ports.settings.hook_rate, clock=ports.clock, whose="this address")
        self.templates = Templates(ports.store, clock=ports.clock)
        self.turnstile = Turnstile(clock=ports.clock)
        self.is_stopping = False
        self.stopping = asyncio.Event()
        self.streams = 0
        self.sessions: OrderedDict[tuple[str, str], Opened] = OrderedDict()
        self._ports = ports
        self._boards: OrderedDict[str, tuple[str, int]] = OrderedDict()
        self._tenants: OrderedDict[str, Tenant] = OrderedDict()

    def tenant(self, namespace: str) -> Tenant:
        """Return what belongs to a namespace; only callers with a key of it come so far."""
        found = self._tenants.get(namespace)
        if found is None:
            ports = self._ports
            found = self._tenants[namespace] = Tenant(
                ports.make_submitting(self.store, namespace),
                ports.make_waiting(self.store, namespace),
                Depth(self.store, namespace, most=self.settings.most_queued, clock=self.clock),
            )
        return found

    async def board(self, namespace: str, draw: Callable[[Desk, str], Awaitable[str]]) -> str:
        """Return what `draw` shows of a namespace; all streams of it share one look a second."""
        now = self.clock.monotonic()
        found = self._boards.get(namespace)
        if found is None or now - found[1] >= BOARD_US:
            found = self._boards[namespace] = await draw(self, namespace), now
        return found[0]

    async def unless_stopping(self, waiting: Coroutine[Any, Any, object]) -> None:
        """Wait, at the longest until the service stops. Raises what the waiting raises."""
        tasks = [asyncio.ensure_future(waiting), asyncio.ensure_future(self.stopping.wait())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def begin_stopping(self) -> None:
        """Answer those who wait; what comes from now on is told that the service is not ready."""
        self.is_stopping = True
        self.stopping.set()

    async def close(self) -> None:
        """Finish the submits on their way; waiters are told that it is over."""
        self.begin_stopping()
        for tenant in self._tenants.values():
            await tenant.submitting.close()
            await tenant.waiting.close()
        await self.callers.flush()
