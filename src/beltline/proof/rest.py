"""`beltline bench --url`: what a running service does over HTTP, as a client on the same machine sees it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

from beltline.core.errors import BeltlineError

CONNECTIONS: Final = 32
BATCH: Final = 100
CLAIM: Final = 200
STEADY_PER_S: Final = 500
STEADY_S: Final = 10.0
DEFINITION: Final = "beltline.bench"
NOBODY: Final = "beltline.bench.unclaimed"

Say = Callable[[str], None]


class RestFailed(BeltlineError):
    """The service answered what a figure cannot be made of."""

    code = "rest_failed"


class Wire:
    """One connection that is kept: the least a client can spend, so that the figures are the service's."""

    def __init__(self, url: str, api_key: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._path = parts.path.rstrip("/")
        self._head = f"Host: {parts.netloc}\r\nAuthorization: Bearer {api_key}\r\n"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - any JSON value
        """Send a request and return the answer. Raises RestFailed where it is no success."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        data = b"" if body is None else json.dumps(body).encode()
        kind = "Content-Type: application/json\r\n"
        head = (
            f"{method} {self._path}{path} HTTP/1.1\r\n{self._head}{kind}Content-Length: {len(data)}\r\n\r\n"
        )
        writer.write(head.encode() + data)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        _, _, after = answer.partition("content-length: ")
        content = await reader.readexactly(int(after.split("\r\n", 1)[0] or 0)) if after else b""
        status = int(answer.split(" ", 2)[1])
        if status >= 300:  # noqa: PLR2004 - beyond the successes of HTTP
            raise RestFailed(f"{method} {path}: {status} {content[:300].decode('utf-8', 'replace')}")
        return json.loads(content) if content else None

    def close(self) -> None:
        """Disconnect."""
        if self._streams is not None:
            self._streams[1].close()


def run_rest_bench(url: str, api_key: str, jobs: int, *, say: Say = lambda _: None) -> dict[str, object]:
    """Measure a service at `https://host/api/v1/namespaces/NAMESPACE` and return the figures.

    The key must be an admin's. The jobs stay in the namespace, those for submits queued for nobody. Raises
    RestFailed where the service refuses.
    """
    figures = asyncio.run(_bench(url, api_key, jobs, say))
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in figures.items()}


async def _bench(url: str, api_key: str, jobs: int, say: Say) -> dict[str, object]:
    wires = [Wire(url, api_key) for _ in range(CONNECTIONS)]
    try:
        for name, queue in ((NOBODY, "bench-unclaimed"), (DEFINITION, "bench")):
            await wires[0].send("PUT", f"/definitions/{name}", {"version": "1", "queue": queue})
        say(f"submitting one at a time on {CONNECTIONS} connections")
        single = {"definition": NOBODY, "payload": {"n": 1}}
        seconds = await _all(wires, jobs, lambda wire: wire.send("POST", "/jobs", single))
        figures: dict[str, object] = {"jobs": jobs, "rest_submit_per_s": jobs / seconds}
        say(f"submitting {BATCH} at a time")
        many = {"jobs": [{"definition": DEFINITION, "payload": {"n": 1}}] * BATCH}
        batches = max(1, jobs // BATCH)
        seconds = await _all(wires[:8], batches, lambda wire: wire.send("POST", "/jobs:submit", many))
        figures["rest_submit_batch_per_s"] = batches * BATCH / seconds
        say(f"claiming and settling {CLAIM} at a time")
        done, seconds = await _worked(wires[:4])
        figures |= {"rest_settled": done, "rest_settled_per_s": done / seconds}
        say(f"submitting {STEADY_PER_S} a second")
        figures |= await _steady(wires, single)
        return figures
    finally:
        for wire in wires:
            wire.close()


async def _all(wires: list[Wire], times: int, call: Callable[[Wire], Awaitable[object]]) -> float:
    left = iter(range(times))
    begun = time.perf_counter()

    async def work(wire: Wire) -> None:
        for _ in left:
            await call(wire)

    await asyncio.gather(*map(work, wires))
    return time.perf_counter() - begun


async def _worked(wires: list[Wire]) -> tuple[int, float]:
    """Drain the queue of the benchmark with a session on each connection; return how many, and the time."""
    opened = {"name": "bench", "queues": ["bench"], "concurrency": CLAIM, "lease": "60s"}
    sessions = [(await wire.send("POST", "/workers", opened))["id"] for wire in wires]
    done = 0
    begun = time.perf_counter()

    async def work(wire: Wire, session: str) -> None:
        nonlocal done
        while items := (await wire.send("POST", f"/workers/{session}/claim", {"limit": CLAIM}))["items"]:
            ended = [{"id": job["id"], "fence": job["fence"], "outcome": "succeeded"} for job in items]
            reply = await wire.send("POST", f"/workers/{session}/settle", {"items": ended})
            if reply["lost"]:
                raise RestFailed(f"{len(reply['lost'])} jobs were lost to this worker, which had them all")
            done += len(items)

    await asyncio.gather(*map(work, wires, sessions))
    seconds = time.perf_counter() - begun
    for wire, session in zip(wires, sessions, strict=True):
        await wire.send("DELETE", f"/workers/{session}")
    return done, seconds


async def _steady(wires: list[Wire], body: object) -> dict[str, object]:
    """Submit at a steady rate; the latency counts from when a request should have been sent."""
    free: asyncio.Queue[Wire] = asyncio.Queue()
    for wire in wires:
        free.put_nowait(wire)
    taken: list[float] = []

    async def one(due: float) -> None:
        wire = await free.get()
        await wire.send("POST", "/jobs", body)
        free.put_nowait(wire)
        taken.append(time.perf_counter() - due)

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(int(STEADY_PER_S * STEADY_S)):
            due = begun + number / STEADY_PER_S
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(due))
    taken.sort()
    return {
        "rest_submit_p50_ms": taken[len(taken) // 2] * 1_000,
        "rest_submit_p99_ms": taken[int(len(taken) * 0.99)] * 1_000,
    }
