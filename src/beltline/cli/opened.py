"""Work on an opened store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from beltline.cli.command import Invocation
from beltline.config import StoreConfig
from beltline.store.contract import Store
from beltline.store.open import store_from_url

T = TypeVar("T")


def with_store(
    invocation: Invocation, work: Callable[[Store, str], Awaitable[T]], *, at: StoreConfig | None = None
) -> T:
    """Open the store (`at`, else the configured one), do the work on it and the namespace, and close it."""
    config = at or invocation.config().store

    async def run() -> T:
        store = store_from_url(config.url)
        try:
            await store.open()
            return await work(store, config.namespace)
        finally:
            await store.close()

    return asyncio.run(run())
