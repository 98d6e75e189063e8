"""The composition root of the REST service: from a configuration to a server that runs until stopped."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from types import FrameType
from typing import Final

import uvicorn
import uvloop

from beltline.api.app import make_app
from beltline.api.callers import TokenKeys
from beltline.api.desk import Desk, Ports
from beltline.api.settings import ServeSettings
from beltline.app import chance as fresh_chance
from beltline.client.submitter import Submitter
from beltline.client.waiter import Waiter
from beltline.config import Config
from beltline.core.clock import Clock, SystemClock
from beltline.core.errors import ConfigError, Unsupported
from beltline.core.roles import Role
from beltline.engine.api_keys import create_api_key, revoke_api_key
from beltline.runtime.loop import Loop
from beltline.runtime.outcomes.deliveries import Deliveries
from beltline.runtime.outcomes.sender import Network, Sender
from beltline.runtime.steward import Steward
from beltline.store.contract import Store
from beltline.store.open import configured_store

USED_S: Final = 60.0
IDLE_CONNECTION_S: Final = 75
DRAIN_S: Final = 30
BACKLOG: Final = 2_048
DEVELOPER: Final = "beltline dev"
DEVELOPER_KEY: Final = "7d"
DEVELOPER_DRAIN_S: Final = 1
_ENDING: Final = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where the service listens, with which certificate, whose tokens it takes, and where it may call.

    `webhook_networks` may be reached by deliveries though they are not public. `issuer` is the issuer's name,
    the audience, and the URL or file of its keys (JWKS).
    """

    host: str = "127.0.0.1"
    port: int = 8_000
    tls_certificate: str | None = None
    tls_key: str | None = None
    drain_s: int = DRAIN_S
    issuer: tuple[str, str, str] | None = None
    webhook_networks: tuple[Network, ...] = ()

    @property
    def url(self) -> str:
        """The address as a client writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls_certificate else 'http'}://{host}:{self.port}"


class Server(uvicorn.Server):
    """A server that tells when it serves, and when it is asked to stop: those who wait are then answered."""

    def __init__(
        self, config: uvicorn.Config, *, started: Callable[[], None], stopping: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._started = started
        self._stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        self._started()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let SIGTERM and SIGINT end the server, and nothing more: the store is closed after it."""
        loop = asyncio.get_running_loop()
        for number in _ENDING:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in _ENDING:
                loop.remove_signal_handler(number)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; a second signal ends at once."""
        self._stopping()
        super().handle_exit(sig, frame)


def serve(
    config: Config, settings: ServeSettings, listening: Listening, *, ready: Callable[[str], None]
) -> int:
    """Serve REST until SIGTERM or SIGINT: open requests are then finished, waiting ones answered.

    `ready` is called with the address. Raises ConfigError, StoreError before anything is served.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    return uvloop.run(_serve(config, settings, listening, ready))


@asynccontextmanager
async def opened_desk(
    store: Store,
    settings: ServeSettings,
    config: Config,
    *,
    clock: Clock,
    tokens: TokenKeys | None = None,
    sender: Sender | None = None,
) -> AsyncIterator[Desk]:
    """Yield the desk of an open store, with the loops that belong to it."""
    chance = fresh_chance()
    desk = Desk(
        Ports(
            store=store,
            clock=clock,
            random=chance,
            settings=settings,
            make_submitting=Submitter,
            make_waiting=Waiter,
            tokens=tokens,
        )
    )
    used = Loop("api-keys", USED_S, desk.callers.flush, random=chance)

    async def namespaces() -> list[str]:
        return sorted({*await store.api_keys.namespaces(), *await store.subscriptions.namespaces()})

    steward = Steward(store, namespaces, retention=config.retention, clock=clock, random=chance)
    deliveries = Deliveries(store, sender or Sender(), clock=clock, random=chance)
    used.start()
    steward.start()
    deliveries.start()
    try:
        yield desk
    finally:
        await deliveries.stop()
        await steward.stop()
        await used.stop()
        await desk.close()


async def _serve(
    config: Config, settings: ServeSettings, listening: Listening, ready: Callable[[str], None]
) -> int:
    _require_certificate(listening)
    clock = SystemClock()
    store = configured_store(config.store.url, config.objects, os.environ, clock=clock)
    await store.open()
    try:
        tokens = await _tokens(listening, clock)
        sender = Sender(listening.webhook_networks)
        desks = opened_desk(store, settings, config, clock=clock, tokens=tokens, sender=sender)
        async with desks as desk:
            with _listening_socket(listening) as listener:
                await _answer(desk, listening, listener, ready)
            return 0
    finally:
        await store.close()


async def _answer(
    desk: Desk, listening: Listening, listener: socket.socket, ready: Callable[[str], None]
) -> None:
    address = replace(listening, port=listener.getsockname()[1]).url
    server = Server(
        _uvicorn_config(desk, listening), started=lambda: ready(address), stopping=desk.begin_stopping
    )
    await server.serve(sockets=[listener])


def serve_developer(config: Config, port: int, *, ready: Callable[[str, str], None]) -> int:
    """Serve REST on loopback until SIGTERM or SIGINT, at a free port where this one is taken.

    `ready` is called with the address and the token of a key that administers the namespace. It is revoked
    at the end, and ends by itself where this process is killed. Raises StoreError.
    """
    return uvloop.run(_serve_developer(config, port, ready))


async def _serve_developer(config: Config, port: int, ready: Callable[[str, str], None]) -> int:
    clock = SystemClock()
    store = configured_store(config.store.url, config.objects, os.environ, clock=clock)
    namespace = config.store.namespace
    await store.open()
    try:
        made = await create_api_key(
            store,
            namespace,
            Role.ADMIN,
            actor=DEVELOPER,
            random=fresh_chance(),
            name=DEVELOPER,
            expires=DEVELOPER_KEY,
        )
        try:
            async with opened_desk(store, ServeSettings(), config, clock=clock) as desk:
                with _free_socket(port) as listener:
                    listening = Listening(port=port, drain_s=DEVELOPER_DRAIN_S)
                    await _answer(desk, listening, listener, lambda url: ready(url, made.token))
        finally:
            await revoke_api_key(store, namespace, made.key.id, actor=DEVELOPER, why="it has ended")
        return 0
    finally:
        await store.close()


def _free_socket(port: int) -> socket.socket:
    try:
        return _listening_socket(Listening(port=port))
    except ConfigError:
        return _listening_socket(Listening(port=0))


def _listening_socket(listening: Listening) -> socket.socket:
    """Return a socket at the address; port 0 becomes one that is free. Raises ConfigError."""
    family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
    try:
        return socket.create_server((listening.host, listening.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise ConfigError(
            [f"cannot listen on {listening.host} port {listening.port}: {error}; name another address"]
        ) from error


def _uvicorn_config(desk: Desk, listening: Listening) -> uvicorn.Config:
    return uvicorn.Config(
        make_app(desk),
        host=listening.host,
        port=listening.port,
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        log_config=None,
        timeout_keep_alive=IDLE_CONNECTION_S,
        timeout_graceful_shutdown=listening.drain_s,
        ssl_certfile=listening.tls_certificate,
        ssl_keyfile=listening.tls_key,
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
    )


async def _tokens(listening: Listening, clock: Clock) -> TokenKeys | None:
    if listening.issuer is None:
        return None
    try:
        from beltline.api.tokens import Issuer, Tokens  # noqa: PLC0415 - it needs an extra
    except ImportError as error:
        raise Unsupported("tokens of an issuer need: pip install 'beltline[oidc]'") from error
    issuer, audience, keys = listening.issuer
    tokens = Tokens(Issuer(issuer=issuer, audience=audience, keys=keys), clock=clock)
    await tokens.check()
    return tokens


def _require_certificate(listening: Listening) -> None:
    if (listening.tls_certificate is None) != (listening.tls_key is None):
        raise ConfigError(["TLS needs both --tls-certificate and --tls-key"])
    if listening.tls_certificate is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(listening.tls_certificate, listening.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError([f"the TLS certificate or key cannot be used: {error}"]) from error
