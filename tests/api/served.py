"""The service behind a real socket, in a thread of its own with its own event loop."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import uvicorn

from tests.api.service import Service, running_service


class Served(NamedTuple):
    """Where it is served, and the API keys by role."""

    url: str
    keys: Mapping[str, str]
    ids: Mapping[str, str]


@contextmanager
def served(url: str, **settings: Any) -> Iterator[Served]:
    """Serve a store with a job in each of some states, until the block ends."""
    found: list[Served | BaseException] = []
    started = threading.Event()
    stop: list[asyncio.Event] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        stop.append(asyncio.Event())
        async with running_service(url, **settings) as service:
            ids = await _jobs(service)
            server = _Server(service)
            serving = asyncio.create_task(server.serve())
            await server.serving.wait()
            port = server.servers[0].sockets[0].getsockname()[1]
            found.append(Served(f"http://127.0.0.1:{port}", service.keys, ids))
            started.set()
            await stop[0].wait()
            service.desk.begin_stopping()
            server.should_exit = True
            await serving

    def target() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:  # noqa: BLE001 - the test must hear of it
            found.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=target, name="served")
    thread.start()
    started.wait()
    try:
        if isinstance(found[0], BaseException):
            raise found[0]
        yield found[0]
    finally:
        if not isinstance(found[0], BaseException):
            loops[0].call_soon_threadsafe(stop[0].set)
        thread.join()


class _Server(uvicorn.Server):
    def __init__(self, service: Service) -> None:
        from beltline.api.app import make_app

        self.serving = asyncio.Event()
        config = uvicorn.Config(
            make_app(service.desk), port=0, http="httptools", ws="none", lifespan="off", log_config=None
        )
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.serving.set()


async def _jobs(service: Service) -> dict[str, str]:
    """Make a job that is done, one that runs, one that is queued and one that is scheduled."""
    done = await service.running()
    await service.end(done, result=b"5")
    running = await service.running()
    return {
        "done": done.id,
        "running": running.id,
        "queued": await service.submit(),
        "scheduled": await service.submit(delay="1h"),
    }
