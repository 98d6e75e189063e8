"""As much of Redis's streams as a source needs, over a real socket: pending entries, blocking reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

from tests.listening import listening

Entry = tuple[bytes, list[bytes]]


class TinyRedis:
    """Streams by name; what was read and not acknowledged is pending for its consumer."""

    def __init__(self) -> None:
        self._streams: dict[bytes, list[Entry]] = {}
        self._read: dict[bytes, int] = {}
        self._pending: dict[bytes, dict[bytes, tuple[bytes, Entry]]] = {}
        self._numbers = count(1)
        self._more = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        async with listening(self._serve) as port:
            yield f"redis://127.0.0.1:{port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            words = []
            for _ in range(int(line[1:])):
                size = int((await reader.readline())[1:])
                words.append((await reader.readexactly(size + 2))[:-2])
            writer.write(await self._answer(words))
            await writer.drain()

    async def _answer(self, words: list[bytes]) -> bytes:
        name = words[0].decode().upper()
        if name == "XGROUP":
            known = words[2] in self._pending
            self._streams.setdefault(words[2], [])
            self._pending.setdefault(words[2], {})
            return b"-BUSYGROUP there is one\r\n" if known else b"+OK\r\n"
        if name == "XADD":
            entry_id = b"%d-0" % next(self._numbers)
            self._streams.setdefault(words[1], []).append((entry_id, words[3:]))
            self._more.set()
            return _bulk(entry_id)
        if name == "XACK":
            gone = [self._pending[words[1]].pop(each, None) for each in words[3:]]
            return b":%d\r\n" % sum(each is not None for each in gone)
        if name == "XAUTOCLAIM":
            return b"*3\r\n" + _bulk(b"0-0") + b"*0\r\n*0\r\n"
        return await self._read_group(words)

    async def _read_group(self, words: list[bytes]) -> bytes:
        consumer, limit, stream, start = words[3], int(words[5]), words[-2], words[-1]
        pending = self._pending[stream]
        if start != b">":
            mine = [entry for owner, entry in pending.values() if owner == consumer]
            return _reply(stream, mine[:limit])
        while (at := self._read.get(stream, 0)) >= len(self._streams[stream]):
            self._more.clear()
            await self._more.wait()
        entries = self._streams[stream][at : at + limit]
        self._read[stream] = at + len(entries)
        pending.update({entry[0]: (consumer, entry) for entry in entries})
        return _reply(stream, entries)


def _reply(stream: bytes, entries: list[Entry]) -> bytes:
    told = b"".join(
        b"*2\r\n" + _bulk(entry_id) + b"*%d\r\n" % len(fields) + b"".join(map(_bulk, fields))
        for entry_id, fields in entries
    )
    return b"*1\r\n*2\r\n" + _bulk(stream) + b"*%d\r\n" % len(entries) + told


def _bulk(data: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(data), data)
