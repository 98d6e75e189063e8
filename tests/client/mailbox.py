"""A mail server of a few lines: it keeps what it is sent, and may refuse or want a password."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import Message

from tests.listening import listening


class Mailbox:
    """`refusals`: how many mails it refuses for now. `logins` are what clients logged in with."""

    def __init__(self, *, refusals: int = 0, wants_login: bool = False) -> None:
        self.mails: list[Message] = []
        self.recipients: list[str] = []
        self.logins: list[bytes] = []
        self.refusals = refusals
        self.port = 0
        self._wants_login = wants_login

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Mailbox]:
        async with listening(self._serve) as self.port:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mailbox\r\n")
        while line := (await reader.readline()).strip():
            word = line.split()[0].upper()
            if word == b"EHLO":
                writer.write(
                    b"250-mailbox\r\n250 AUTH PLAIN\r\n" if self._wants_login else b"250 mailbox\r\n"
                )
            elif word == b"AUTH":
                self.logins.append(b64decode(line.split()[2]))
                writer.write(b"235 ok\r\n")
            elif word == b"RCPT":
                self.recipients.append(line.decode())
                writer.write(b"250 ok\r\n")
            elif word == b"DATA":
                writer.write(b"354 go on\r\n")
                await writer.drain()
                data = await reader.readuntil(b"\r\n.\r\n")
                if self.refusals:
                    self.refusals -= 1
                    writer.write(b"451 not now\r\n")
                else:
                    self.mails.append(message_from_bytes(data[:-5]))
                    writer.write(b"250 ok\r\n")
            elif word == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 ok\r\n")
            await writer.drain()
