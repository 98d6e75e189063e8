"""For each namespace with subscriptions: a loop that makes deliveries, and a worker that carries them out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable
from typing import Final, NamedTuple

from beltline.config import Config, RetentionConfig, StoreConfig, WorkerConfig
from beltline.core.clock import MICROS, Clock
from beltline.core.errors import StoreError
from beltline.core.ids import Random
from beltline.core.values import Offered
from beltline.engine.definitions import apply_definitions
from beltline.engine.subscriptions import QUEUE, tell
from beltline.runtime.loop import Loop
from beltline.runtime.outcomes.delivering import registry_of
from beltline.runtime.outcomes.sender import Sender
from beltline.runtime.parts import Parts
from beltline.runtime.worker import Worker
from beltline.store.contract import Store
from beltline.store.hints import Hint

LOOK_S: Final = 5.0
TELL_S: Final = 1.0
CONCURRENCY: Final = 20
DRAIN_US: Final = 20 * MICROS


class _Open(NamedTuple):
    telling: Loop
    worker: Worker
    working: asyncio.Task[int]
    unsubscribe: Callable[[], None]


class Deliveries:
    """Tells outcomes from this process. Several may do so for one store: a delivery is made once."""

    def __init__(self, store: Store, sender: Sender, *, clock: Clock, random: Random) -> None:
        self._store = store
        self._sender = sender
        self._clock = clock
        self._random = random
        self._open: dict[str, _Open] = {}
        self._looking = Loop("deliveries", LOOK_S, self.tick, random=random)

    def start(self) -> None:
        """Begin to look for subscriptions."""
        self._looking.start()

    async def stop(self) -> None:
        """Let deliveries under way end, give back what does not, and stop."""
        await self._looking.stop()
        opened, self._open = list(self._open.values()), {}
        for each in opened:
            each.unsubscribe()
            each.worker.stop()
        for each in opened:
            await each.telling.stop()
            with contextlib.suppress(StoreError):
                await each.working

    async def tick(self) -> bool:
        """Take up the namespaces that have subscriptions, and those whose worker has failed."""
        for namespace in await self._store.subscriptions.namespaces():
            opened = self._open.get(namespace)
            if opened is not None and opened.working.done():
                await self._give_up(namespace, opened)
                opened = None
            if opened is None:
                self._open[namespace] = await self._take_up(namespace)
        return False

    async def _take_up(self, namespace: str) -> _Open:
        async def told() -> bool:
            return await tell(self._store, namespace, random=self._random)

        telling = Loop("outcomes", TELL_S, told, random=self._random)

        def hinted(hint: Hint) -> None:
            if hint is Hint.FINISHED:
                telling.wake()

        registry = registry_of(self._store, namespace, self._sender)
        await apply_definitions(self._store, namespace, tuple(registry))
        unsubscribe = await self._store.wakeups.subscribe(namespace, hinted)
        worker = Worker(
            Parts(
                store=self._store,
                registry=registry,
                config=_config(self._store.url, namespace),
                clock=self._clock,
                random=self._random,
                is_served=True,
            )
        )
        telling.start()
        return _Open(telling, worker, asyncio.create_task(worker.run()), unsubscribe)

    async def _give_up(self, namespace: str, opened: _Open) -> None:
        del self._open[namespace]
        opened.unsubscribe()
        await opened.telling.stop()
        error = opened.working.exception()
        logging.getLogger("beltline").warning("delivering for %s ended: %s; beginning anew", namespace, error)


def _config(url: str, namespace: str) -> Config:
    worker = WorkerConfig(
        queues=(QUEUE,),
        concurrency=CONCURRENCY,
        drain_us=DRAIN_US,
        name=f"webhooks@{socket.gethostname()}:{os.getpid()}",
        resources=Offered(is_detected=False),
        tags=(QUEUE,),
    )
    return Config(store=StoreConfig(url=url, namespace=namespace), worker=worker, retention=RetentionConfig())
