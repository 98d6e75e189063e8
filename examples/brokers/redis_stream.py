"""A stream of Redis as a source of messages: `redis://host:port/stream?group=beltline`.

A hundred lines over a socket, with no library: what a source for another broker looks like, too. An entry's
field `body` is the message's body, its other fields are the headers, its id is the message's id. Entries that
were read and not acknowledged come again: to the same reader at once, to another after half a minute. The
password, where there is one, is read from REDIS_PASSWORD.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

from beltline import Beltline, Message
from beltline.triggers.contract import Received

IDLE_MS = 30_000
BLOCK_MS = 1_000


class RedisStream:
    """Reads a stream as one of a group of consumers; several workers share what comes."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = parts.hostname or "127.0.0.1", parts.port or 6379
        self._stream = parts.path.strip("/")
        self._group = parse_qs(parts.query).get("group", ["beltline"])[0]
        self._consumer = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._again = True
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def connect(self) -> None:
        """Connect, and make the stream and the group where they are not there yet."""
        self._streams = await asyncio.open_connection(*self._address)
        password = os.environ.get("REDIS_PASSWORD")
        if password:
            await self._ask("AUTH", password)
        try:
            await self._ask("XGROUP", "CREATE", self._stream, self._group, "0", "MKSTREAM")
        except RedisError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def receive(self, limit: int) -> Sequence[Received]:
        """Wait for entries: those that came before and were not acknowledged, then new ones."""
        while True:
            found = await self._read(limit)
            if found:
                return found

    async def ack(self, messages: Sequence[Received]) -> None:
        """Acknowledge entries."""
        await self._ask("XACK", self._stream, self._group, *(message.id for message in messages))

    async def nack(self, messages: Sequence[Received]) -> None:  # noqa: ARG002 - the group knows which they are
        """Read again what was not acknowledged."""
        self._again = True

    async def close(self) -> None:
        """Disconnect."""
        if self._streams is not None:
            self._streams[1].close()
            with suppress(OSError):
                await self._streams[1].wait_closed()

    async def _read(self, limit: int) -> list[Received]:
        group = ("GROUP", self._group, self._consumer, "COUNT", str(limit))
        if self._again:
            # What this reader had and did not acknowledge.
            streams = await self._ask("XREADGROUP", *group, "STREAMS", self._stream, "0")
            found = _messages(streams[0][1] if streams else [])
            self._again = bool(found)
            return found
        taken = await self._ask(
            "XAUTOCLAIM", self._stream, self._group, self._consumer, str(IDLE_MS), "0", "COUNT", str(limit)
        )
        if taken[1]:
            return _messages(taken[1])
        streams = await self._ask("XREADGROUP", *group, "BLOCK", str(BLOCK_MS), "STREAMS", self._stream, ">")
        return _messages(streams[0][1] if streams else [])

    async def _ask(self, *words: str) -> Any:  # noqa: ANN401 - whatever Redis answers
        if self._streams is None:
            raise ConnectionError("connect first")
        reader, writer = self._streams
        data = [word.encode() for word in words]
        writer.write(b"*%d\r\n" % len(data))
        writer.writelines(b"$%d\r\n%s\r\n" % (len(each), each) for each in data)
        await writer.drain()
        answer = await _answer(reader)
        if isinstance(answer, RedisError):
            raise answer
        return answer


async def _answer(reader: asyncio.StreamReader) -> Any:  # noqa: ANN401 - whatever Redis answers
    line = (await reader.readuntil(b"\r\n"))[:-2]
    kind, rest = line[:1], line[1:]
    if kind == b"-":
        return RedisError(rest.decode())
    if kind == b"$":
        return None if rest == b"-1" else (await reader.readexactly(int(rest) + 2))[:-2]
    if kind == b"*":
        return None if rest == b"-1" else [await _answer(reader) for _ in range(int(rest))]
    return int(rest) if kind == b":" else rest.decode()


class RedisError(Exception):
    """What Redis refused."""


def _messages(entries: list[Any]) -> list[Received]:
    found = []
    for entry_id, fields in entries:
        # Null for an entry that was deleted while it was pending.
        told = fields or []
        pairs = dict(zip(told[::2], told[1::2], strict=True))
        headers = {
            name.decode(): value.decode("utf-8", "replace")
            for name, value in pairs.items()
            if name != b"body"
        }
        found.append(Received(entry_id.decode(), pairs.get(b"body", b""), headers))
    return found


belt = Beltline()
belt.source("redis", RedisStream)


@belt.job
def ship(order: int, city: str = "") -> str:
    """Ship an order."""
    return f"order {order} to {city}"


belt.trigger(
    ship,
    Message(
        source=os.environ.get("ORDERS", "redis://127.0.0.1:6379/orders"),
        payload={"order": "body.id", "city": "body.to"},
        when="headers.kind == 'paid'",
    ),
    name="orders",
)
