"""A folder as a source of messages: `spool:///path`. Each file is a message, its name the message's id."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from beltline.core.errors import ConfigError
from beltline.objects.threads import Threads
from beltline.triggers.contract import Received

SCHEME: Final = "spool"
LOOK_S: Final = 0.5


class Spool:
    """Takes files out of a folder: who writes one renames it into place, who acknowledges it removes it.

    Names that begin with a dot are drafts. Files that were given back come again with the next look. Several
    receivers may see one file: its name is its id, and it makes one job.
    """

    def __init__(self, url: str, *, look_s: float = LOOK_S) -> None:
        parts = urlsplit(url)
        self._root = Path(unquote(parts.path))
        if parts.netloc or not self._root.is_absolute():
            raise ConfigError([f"source {url!r} names no absolute path; write spool:///var/spool/orders"])
        self._look_s = look_s
        self._threads = Threads()

    async def connect(self) -> None:
        """Raise FileNotFoundError where there is no such folder."""
        await self._threads.run(lambda: os.stat(self._root))  # noqa: PTH116 - it is what raises

    async def receive(self, limit: int) -> Sequence[Received]:
        """Wait for files, and read up to `limit` of them, by name."""
        while True:
            found = await self._threads.run(lambda: self._read(limit))
            if found:
                return found
            await asyncio.sleep(self._look_s)

    async def ack(self, messages: Sequence[Received]) -> None:
        """Remove files."""

        def remove() -> None:
            for message in messages:
                (self._root / message.id).unlink(missing_ok=True)

        await self._threads.run(remove)

    async def nack(self, messages: Sequence[Received]) -> None:
        """Leave files where they are."""

    async def close(self) -> None:
        """End the thread that reads."""
        self._threads.close()

    def _read(self, limit: int) -> list[Received]:
        with os.scandir(self._root) as entries:
            names = sorted(each.name for each in entries if each.is_file() and not each.name.startswith("."))
        found = []
        for name in names[:limit]:
            try:
                found.append(Received(name, (self._root / name).read_bytes(), {}))
            except FileNotFoundError:
                # Another receiver was quicker.
                continue
        return found
