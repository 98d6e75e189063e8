"""A receiver of deliveries: it keeps what it is sent and answers as told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Receiver:
    """A receiver on loopback. `answer` is all that it says; None says nothing."""

    def __init__(self) -> None:
        self.answer: bytes | None = b"HTTP/1.1 204 No Content\r\n\r\n"
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.url = ""
        self.left = asyncio.Event()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
            self.calls.append((headers, await reader.readexactly(int(headers["content-length"]))))
            if self.answer is None:
                await reader.read()
            else:
                writer.write(self.answer)
                await writer.drain()
        finally:
            writer.close()
            self.left.set()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Yield a receiver that listens."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.take, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks?a=1"
    try:
        yield receiver
    finally:
        server.close()
        if receiver.calls:
            await receiver.left.wait()
