"""Receives messages for triggers: connects, stores, acknowledges, and connects again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from beltline.core.backoff import growing
from beltline.core.errors import BeltlineError, Unsupported
from beltline.core.ids import Random
from beltline.definitions.trigger import Message
from beltline.engine.events import Party, party_of
from beltline.engine.messages import take_messages
from beltline.engine.triggers import look_at_window
from beltline.store.contract import Store
from beltline.store.triggers import Count, EventOutcome, StoredTrigger, TurnTrigger
from beltline.triggers.contract import OpenSource, Source

MOST: Final = 100
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0


class Receiver:
    """One trigger's connection, for as long as the trigger is as it is.

    A message is acknowledged when its job is stored, or when it is on record as one that cannot become a job.
    Where the store fails messages are given back. Whatever fails, it connects again, later and later.
    """

    def __init__(
        self, store: Store, namespace: str, party: Party, source: OpenSource, *, random: Random
    ) -> None:
        self._store = store
        self._namespace = namespace
        self._party = party
        self._open = source
        self._random = random
        self._failures = 0
        self._task = asyncio.create_task(self._run(), name=f"beltline-receiver-{party.row.name}")

    @property
    def revision(self) -> int:
        """The revision of the trigger that it works for."""
        return self._party.row.revision

    async def stop(self) -> None:
        """Stop: what was received and not stored comes again."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        while True:
            try:
                await self._receive_on()
            except Exception as error:  # noqa: BLE001 - a source may raise anything
                self._failures += 1
                await self._note(error)
            pause = growing(FIRST_PAUSE_S, self._failures - 1, longest=LONGEST_PAUSE_S)
            await asyncio.sleep(pause * (0.5 + self._random.random()))

    async def _receive_on(self) -> None:
        rule = self._party.rule
        source = self._open(rule.source if isinstance(rule, Message) else "")
        try:
            await source.connect()
            while True:
                await self._receive(source)
                self._failures = 0
        finally:
            with contextlib.suppress(Exception):
                await source.close()

    async def _receive(self, source: Source) -> None:
        messages = await source.receive(MOST)
        try:
            turned = await take_messages(
                self._store, self._namespace, self._party, messages, random=self._random
            )
        except BeltlineError:
            await source.nack(messages)
            raise
        if turned is None:
            await source.nack(messages)
            raise Unsupported("the trigger was deleted")
        await source.ack(messages)
        if self._party.rule.waits is not None:
            await look_at_window(self._store, self._namespace, self._party, random=self._random)

    async def _note(self, error: Exception) -> None:
        """Say once that it fails, and count each time."""
        name = self._party.row.name
        if self._failures == 1:
            logging.getLogger("beltline").warning("trigger %s: %s; trying again", name, error)
        note = f"{type(error).__name__}: {error}"[:500]
        counts = [Count(EventOutcome.UNREACHABLE, 1, note=note)]
        params = TurnTrigger(namespace=self._namespace, name=name, now=self._store.now(), counts=counts)
        with contextlib.suppress(BeltlineError):
            await self._store.triggers.turn(params)


class Receivers:
    """A receiver for each trigger on messages whose source this process knows how to open."""

    def __init__(
        self, store: Store, namespace: str, sources: Mapping[str, OpenSource], *, random: Random
    ) -> None:
        self._store = store
        self._namespace = namespace
        self._sources = sources
        self._random = random
        self._running: dict[str, Receiver] = {}
        self._unknown: set[str] = set()

    async def follow(self, rows: Mapping[str, StoredTrigger]) -> None:
        """Start, stop and renew receivers so that there is one for each of these triggers as they are."""
        for name, receiver in list(self._running.items()):
            row = rows.get(name)
            if row is None or row.revision != receiver.revision:
                del self._running[name]
                await receiver.stop()
        for name, row in rows.items():
            if name not in self._running:
                await self._start(row)

    async def stop(self) -> None:
        """Stop all."""
        await self.follow({})

    async def _start(self, row: StoredTrigger) -> None:
        party = await party_of(self._store, self._namespace, row)
        scheme = urlsplit(party.rule.source).scheme if isinstance(party.rule, Message) else ""
        source = self._sources.get(scheme)
        if source is not None:
            self._running[row.name] = Receiver(
                self._store, self._namespace, party, source, random=self._random
            )
        elif row.name not in self._unknown:
            self._unknown.add(row.name)
            logging.getLogger("beltline").warning(
                "trigger %s: this worker's app has no source for %s://; add it with belt.source(%r, …)",
                row.name,
                scheme,
                scheme,
            )
