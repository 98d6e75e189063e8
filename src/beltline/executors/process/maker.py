"""The worker's end of the forkserver: starts it, has processes made, and hears of their ends."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import Any, Final

from beltline.core.clock import Clock
from beltline.core.errors import ConfigError
from beltline.executors.process.member import Member
from beltline.executors.process.visit import Visit

_CHUNK: Final = 65_536
_LOADING_S: Final = 120.0
_LEAVING_S: Final = 5.0


class NoProcess(Exception):
    """No process could be made now."""


class Maker:
    """Makes processes for bodies by a forkserver, which is started anew where it has ended."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], clock: Clock) -> None:
        self._environment = environment
        self._command = command
        self._clock = clock
        self._serials = count(1)
        self._members: dict[int, Member] = {}
        self._starting: dict[int, asyncio.Future[int]] = {}
        self._opening = asyncio.Lock()
        self._control: socket.socket | None = None
        self._program: subprocess.Popen[bytes] | None = None
        self._ready: asyncio.Future[list[str]] | None = None
        self._heard = b""

    async def open(self) -> list[str]:
        """Start the forkserver; return the names of the definitions that the app has there.

        Raises ConfigError where the app cannot be loaded there.
        """
        loop = asyncio.get_running_loop()
        await self._end_program()
        ours, theirs = socket.socketpair()
        with theirs:
            self._program = subprocess.Popen(  # noqa: ASYNC220 - it returns at once
                [*self._command, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                env=self._environment,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._control, self._heard = ours, b""
        self._ready = loop.create_future()
        loop.add_reader(ours.fileno(), self._hear)
        try:
            async with asyncio.timeout(_LOADING_S):
                return await self._ready
        except ConfigError:
            await self.close()
            raise
        except TimeoutError:
            await self.close()
            raise ConfigError(
                [f"the app was not loaded within {_LOADING_S:g} s in the process for bodies"]
            ) from None

    async def names(self) -> list[str]:
        """Return the names of the definitions that the app has there. Raises ConfigError as `open` does."""
        async with self._opening:
            return await self.open() if self._ready is None or self._control is None else await self._ready

    async def make(self, returned: Callable[[Visit], None]) -> Member:
        """Return a new process, which hands to `returned` what it did not begin.

        Raises NoProcess where none can be made now.
        """
        try:
            await self.names()
        except ConfigError as error:
            raise NoProcess(str(error)) from error
        serial = next(self._serials)
        made_at = self._clock.monotonic()
        member = Member(made_at=made_at, kill=lambda: self._request(kill=serial), returned=returned)
        started: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._members[serial] = member
        self._starting[serial] = started
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._request(start=serial, ends=(theirs.fileno(), member.box.taker.fileno()))
            member.pid = await started
            await asyncio.get_running_loop().create_unix_connection(lambda: member, sock=ours)
        except BaseException:
            # A process that was made all the same meets the closed pipe and ends.
            ours.close()
            member.leave()
            raise
        finally:
            self._starting.pop(serial, None)
        return member

    async def close(self) -> None:
        """End the forkserver, and with it every process it has made."""
        members = [*self._members.values()]
        self._lose()
        for member in members:
            member.leave()
        await self._end_program()

    async def _end_program(self) -> None:
        program, self._program = self._program, None
        if program is not None:
            with suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(program.wait, _LEAVING_S)
            program.kill()
            await asyncio.to_thread(program.wait)

    def _request(self, *, ends: Sequence[int] = (), **facts: int) -> None:
        if self._control is None:
            return
        data = json.dumps(facts).encode() + b"\n"
        try:
            socket.send_fds(self._control, [data], ends)
        except OSError:
            self._lose()

    def _hear(self) -> None:
        data = b""
        with suppress(OSError):
            data = self._control.recv(_CHUNK) if self._control is not None else b""
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            self._told(json.loads(line))
        if not data:
            logging.getLogger("beltline").error("the process that makes processes for bodies has ended")
            self._lose()

    def _told(self, facts: dict[str, Any]) -> None:
        if "ended" in facts:
            member = self._members.pop(facts["ended"], None)
            if member is not None:
                member.is_over(facts["code"], facts["trace"])
        elif "started" in facts:
            _answer(self._starting.get(facts["started"]), facts["pid"])
        elif "refused" in facts:
            self._members.pop(facts["refused"], None)
            _refuse(self._starting.get(facts["refused"]), NoProcess(facts["why"]))
        elif "ready" in facts:
            _answer(self._ready, facts["ready"])
        else:
            _refuse(self._ready, ConfigError([facts["failed"]]))

    def _lose(self) -> None:
        """The forkserver is gone, or let go: so are its processes, in a way that nobody can tell."""
        control, self._control = self._control, None
        if control is None:
            return
        asyncio.get_running_loop().remove_reader(control.fileno())
        control.close()
        _refuse(self._ready, ConfigError(["the process for bodies ended while it loaded the app"]))
        for started in self._starting.values():
            _refuse(started, NoProcess("the process that makes processes for bodies has ended"))
        members, self._members = self._members, {}
        for member in members.values():
            member.is_over(None, "")


def _answer(future: asyncio.Future[Any] | None, value: object) -> None:
    if future is not None and not future.done():
        future.set_result(value)


def _refuse(future: asyncio.Future[Any] | None, error: Exception) -> None:
    if future is not None and not future.done():
        future.set_exception(error)
