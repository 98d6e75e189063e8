"""Calls of receivers: bounded in time and size, never redirected, and never into networks of our own.

The address is looked up, checked and connected to here, so that no second look-up can give another one.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from beltline.core.errors import BeltlineError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

ANSWER_S: Final = 15.0
LARGEST_HEAD: Final = 65_536
MOST_HEADERS: Final = 100
LARGEST_BODY: Final = 4_096
_OK: Final = range(200, 300)
_GONE: Final = 410
# They carry IPv4 addresses within, which may be private ones.
_WRAPPED: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2002::/16"))


class TargetRefused(BeltlineError):
    """The receiver's address lies in a network that no delivery may reach."""

    code = "target_refused"


class DeliveryFailed(BeltlineError):
    """The receiver did not take the delivery; another try may help."""

    code = "delivery_failed"


class ReceiverGone(BeltlineError):
    """The receiver says that it is gone for good."""

    code = "receiver_gone"


class Target(NamedTuple):
    """Where a URL leads."""

    host: str
    port: int
    path: str
    is_tls: bool
    authority: str


class Sender:
    """Posts to receivers. `allowed` are networks that may be reached though they are not public."""

    def __init__(self, allowed: Sequence[Network] = (), *, answer_s: float = ANSWER_S) -> None:
        self._allowed = tuple(allowed)
        self._answer_s = answer_s
        self._tls = ssl.create_default_context()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Send; return the status, one of 200 to 299.

        Raises TargetRefused, ReceiverGone (410) and, for all else, DeliveryFailed.
        """
        target = target_of(url)
        try:
            async with asyncio.timeout(self._answer_s):
                status, said = await self._exchange(target, headers, body)
        except TimeoutError as error:
            raise DeliveryFailed(f"{target.authority} did not answer within {self._answer_s:g} s") from error
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
            raise DeliveryFailed(f"{target.authority}: {str(error) or type(error).__name__}") from error
        if status in _OK:
            return status
        kind = ReceiverGone if status == _GONE else DeliveryFailed
        raise kind(f"{target.authority} answered {status}: {said}")

    async def _exchange(self, target: Target, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        reader, writer = await self._connect(target)
        try:
            lines = [
                f"POST {target.path} HTTP/1.1",
                f"Host: {target.authority}",
                "User-Agent: beltline",
                "Content-Type: application/json",
                f"Content-Length: {len(body)}",
                "Connection: close",
                *(f"{name}: {value}" for name, value in headers.items()),
            ]
            writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
            await writer.drain()
            status = _status(await reader.readuntil(b"\r\n"))
            for _ in range(MOST_HEADERS):
                if await reader.readuntil(b"\r\n") == b"\r\n":
                    break
            said = await reader.read(LARGEST_BODY)
            return status, " ".join(said.decode("utf-8", "replace")[:200].split())
        finally:
            writer.close()

    async def _connect(self, target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        fault: OSError | None = None
        for address in await self._addresses(target):
            try:
                return await asyncio.open_connection(
                    str(address),
                    target.port,
                    limit=LARGEST_HEAD,
                    ssl=self._tls if target.is_tls else None,
                    server_hostname=target.host if target.is_tls else None,
                )
            except OSError as error:
                fault = error
        raise fault or OSError("no address")

    async def _addresses(self, target: Target) -> list[Address]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(str(place[0]).partition("%")[0]) for *_, place in found]
        may = [address for address in dict.fromkeys(addresses) if self.may_reach(address)]
        if not may:
            raise TargetRefused(
                f"{target.host} is {', '.join(map(str, addresses))}, which is no public address:"
                " `beltline serve --webhook-network` names networks that deliveries may reach"
            )
        return may

    def may_reach(self, address: Address) -> bool:
        """Return whether a delivery may go to an address."""
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if any(address.version == network.version and address in network for network in self._allowed):
            return True
        is_wrapped = any(address.version == network.version and address in network for network in _WRAPPED)
        return address.is_global and not address.is_multicast and not is_wrapped


def target_of(url: str) -> Target:
    """Return where a checked URL leads."""
    parts = urlsplit(url)
    is_tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.hostname or "", parts.port or (443 if is_tls else 80), path, is_tls, parts.netloc)


def _status(line: bytes) -> int:
    version, _, rest = line.partition(b" ")
    if not version.startswith(b"HTTP/1.") or not rest[:3].isdigit():
        raise ValueError("this is no answer of HTTP")
    return int(rest[:3])
