"""A broker on a local socket: it sends lines, keeps what nobody acknowledged, and may hang up at any time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from beltline.triggers.contract import Received
from tests.listening import listening


class LineBroker:
    """What it holds goes to whoever connects, again and again until it is acknowledged."""

    def __init__(self) -> None:
        self.held: dict[str, Any] = {}
        self.connections = 0
        self.is_connected = False
        self.sent = 0
        self.deaf = 0
        self.port = 0
        self._writers: list[asyncio.StreamWriter] = []
        self._more = asyncio.Event()

    @property
    def url(self) -> str:
        return f"lines://127.0.0.1:{self.port}"

    def put(self, message_id: str, body: object) -> None:
        self.held[message_id] = body
        self._more.set()

    def hang_up(self) -> None:
        """End all connections; what they had is sent again on the next."""
        for writer in self._writers:
            writer.close()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[LineBroker]:
        async with listening(self._serve) as self.port:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.is_connected = True
        self._writers.append(writer)
        sending = asyncio.create_task(self._send(writer))
        try:
            while line := await reader.readline():
                if self.deaf > 0:
                    # The acknowledgement is lost, and with it the connection.
                    self.deaf -= 1
                    break
                self.held.pop(line.decode().strip(), None)
        finally:
            self.is_connected = False
            sending.cancel()

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        sent: set[str] = set()
        while True:
            self._more.clear()
            for message_id, body in list(self.held.items()):
                if message_id not in sent:
                    sent.add(message_id)
                    self.sent += 1
                    writer.write(json.dumps([message_id, body]).encode() + b"\n")
            await writer.drain()
            await self._more.wait()


class Lines:
    """The source for it."""

    def __init__(self, url: str) -> None:
        self._port = int(url.rpartition(":")[2])
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def connect(self) -> None:
        self._streams = await asyncio.open_connection("127.0.0.1", self._port)

    async def receive(self, limit: int) -> Sequence[Received]:
        line = await self._reader.readline()
        if not line:
            raise ConnectionResetError("the broker hung up")
        message_id, body = json.loads(line)
        return [
            Received(message_id, body.encode() if isinstance(body, str) else json.dumps(body).encode(), {})
        ]

    async def ack(self, messages: Sequence[Received]) -> None:
        for message in messages:
            self._writer.write(message.id.encode() + b"\n")
        await self._writer.drain()

    async def nack(self, messages: Sequence[Received]) -> None:
        # It sends what was not acknowledged to the next connection.
        self._writer.close()

    async def close(self) -> None:
        if self._streams is not None:
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()

    @property
    def _reader(self) -> asyncio.StreamReader:
        assert self._streams is not None
        return self._streams[0]

    @property
    def _writer(self) -> asyncio.StreamWriter:
        assert self._streams is not None
        return self._streams[1]
