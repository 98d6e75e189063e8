"""The composition of a worker that has a service in the place of a store."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import cast

from beltline.client.beltline import Beltline
from beltline.client.served.line import Standing
from beltline.client.served.offspring import WorkerRemote
from beltline.client.served.store import ServedStore
from beltline.config import Config, masked
from beltline.core.clock import Clock
from beltline.core.errors import ConfigError
from beltline.core.ids import Random
from beltline.engine.definitions import apply_definitions
from beltline.executors.process.executor import ProcessExecutor
from beltline.runtime.parts import Parts
from beltline.runtime.worker import Worker
from beltline.store.contract import Store


@asynccontextmanager
async def served_worker(
    config: Config,
    belt: Beltline,
    processes: AbstractAsyncContextManager[ProcessExecutor | None],
    *,
    clock: Clock,
    source: Random,
) -> AsyncIterator[Worker]:
    """Yield a worker that is ready to run; `processes` are those for bodies.

    Raises ConfigError that lists all that a worker with a service's URL cannot do.
    """
    _require_offered(config, belt)
    # It tells each request.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    url, namespace, api_key = config.store.url, config.store.namespace, config.store.api_key
    standing = Standing()

    def connection() -> ServedStore:
        return ServedStore(url, namespace, api_key, clock=clock, random=source, standing=standing)

    store = connection()
    await store.open()
    address = url, namespace, api_key
    remote = WorkerRemote(*address, store=store, clock=clock, random=source)
    try:
        await apply_definitions(cast("Store", store), namespace, tuple(belt.registry))
        async with belt.on(remote, namespace), processes as executor:
            yield Worker(
                Parts(
                    store=cast("Store", store),
                    registry=belt.registry,
                    config=config,
                    clock=clock,
                    random=source,
                    open_heart_store=lambda: cast("Store", connection()),
                    processes=executor,
                    is_served=True,
                    submits=remote.submit,
                )
            )
    finally:
        await remote.close()
        await store.close()


def _require_offered(config: Config, belt: Beltline) -> None:
    """Raise ConfigError that lists all that a worker with a service's URL cannot do."""
    problems = []
    if not config.store.api_key:
        problems.append(
            f"{masked(config.store.url)} needs an API key: set BELTLINE_API_KEY, or give --api-key-file"
        )
    if config.worker.until_idle:
        problems.append("--until-idle needs the store: a service does not tell a worker what is left")
    if config.objects.url:
        problems.append("objects.url needs the store: a service puts large values away by itself")
    if tuple(belt.declared):
        problems.append("this app declares schedules: declare them in an app whose worker is at the store")
    if belt.registry.flows:
        problems.append("this app has workflows: keep them in an app whose worker is at the store")
    if problems:
        raise ConfigError(problems)
