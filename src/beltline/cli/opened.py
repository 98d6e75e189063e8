"""Work on an opened store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from beltline.cli.command import Invocation
from beltline.config import StoreConfig
from beltline.store.contract import Store
from beltline.store.open import configured_store

T = TypeVar("T")


def with_store(
    invocation: Invocation, work: Callable[[Store, str], Awaitable[T]], *, at: StoreConfig | None = None
) -> T:
    """Open the store (`at`, else the configured one), do the work on it and the namespace, and close it."""
    found = invocation.config()
    config = at or found.store

    async def run() -> T:
        store = configured_store(config.url, found.objects, invocation.env)
        try:
            await store.open()
            return await work(store, config.namespace)
        finally:
            await store.close()

    return asyncio.run(run())
