"""The one connection that listens, made when it is first needed and made again when it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from beltline.core.errors import StoreError
from beltline.store.postgres.connection import CONNECT_SECONDS, Connection, Pool
from beltline.store.postgres.failures import FAILURES

_FIRST_WAIT: Final = 0.1
_LONGEST_WAIT: Final = 5.0


class Listener:
    """Calls `heard(sender, channel, payload)` when notified, `missed()` when a lost connection is back."""

    def __init__(
        self, pool: Pool, heard: Callable[[int, str, str], None], missed: Callable[[], None]
    ) -> None:
        self._pool = pool
        self._heard = heard
        self._missed = missed
        self._channels: set[str] = set()
        self._connection: Connection = None
        self._making: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    async def listen(self, channel: str) -> None:
        """Hear this channel from now on, or once the server can be reached: no hint is worth an error."""
        if channel in self._channels:
            return
        self._channels.add(channel)
        try:
            async with self._turn:
                await self._connect_or_add(channel)
        except (StoreError, *FAILURES):
            self._mend()

    async def close(self) -> None:
        """Stop listening."""
        self._channels.clear()
        if self._making is not None:
            self._making.cancel()
            with suppress(asyncio.CancelledError):
                await self._making
            self._making = None
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.remove_termination_listener(self._lost)
            try:
                await connection.close(timeout=CONNECT_SECONDS)
            except FAILURES:
                connection.terminate()

    async def _connect_or_add(self, channel: str) -> None:
        if self._connection is not None:
            await self._connection.add_listener(channel, self._notified)
            return
        connection = await self._pool.connection()
        connection.add_termination_listener(self._lost)
        try:
            for each in sorted(self._channels):
                await connection.add_listener(each, self._notified)
        except BaseException:
            connection.remove_termination_listener(self._lost)
            connection.terminate()
            raise
        self._connection = connection

    def _lost(self, connection: Connection) -> None:
        if connection is self._connection:
            self._connection = None
            self._mend()

    def _mend(self) -> None:
        if self._channels and (self._making is None or self._making.done()):
            self._making = asyncio.get_running_loop().create_task(self._make_again())

    async def _make_again(self) -> None:
        wait = _FIRST_WAIT
        while self._channels:
            try:
                async with self._turn:
                    if self._connection is None:
                        await self._connect_or_add("")
                self._missed()
            except (StoreError, *FAILURES):
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
            else:
                return

    def _notified(self, _connection: Connection, sender: int, channel: str, payload: str) -> None:
        self._heard(sender, channel, payload)
