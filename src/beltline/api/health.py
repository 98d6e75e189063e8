"""Whether the service lives and can serve, and its metrics."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from beltline.api.answering import answer, refusal
from beltline.api.desk import Desk
from beltline.core.clock import MICROS, MINUTE
from beltline.core.errors import BeltlineError, StoreError
from beltline.core.roles import Right
from beltline.engine.capacity import is_alive
from beltline.wire.problems import Refused

_SECONDS: Final = 2.0
# Requests can be served without workers and in spite of late ticks: these are told, and go on being served.
_NEEDED: Final = ("service", "store", "migrations")
LATE_US: Final = MINUTE
# Nothing is led (each worker looks for due ticks), so what a leader would show is whether they come.
LEADER: Final = "none is needed: every worker fires schedules; schedules says whether any does"
MOST_NAMESPACES: Final = 50
_NO_NAMESPACE: Final = ""
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Meters:
    """What is counted of every request; by operation and status, never by namespace or path."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "beltline_http_requests", "Requests answered.", ["operation", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "beltline_http_request_seconds",
            "Time from the first byte of a request to its answer.",
            ["operation"],
            registry=self.registry,
            buckets=_BUCKETS,
        )
        self._open = Gauge("beltline_http_requests_open", "Requests being answered.", registry=self.registry)
        # A look-up by labels costs as much as all the rest of a count.
        self._found: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def begin(self) -> None:
        """Count a request that is being answered."""
        self._open.inc()

    def end(self, operation: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self._open.dec()
        found = self._found.get((operation, status))
        if found is None:
            counter = self._requests.labels(operation, str(status))
            found = self._found[operation, status] = counter, self._seconds.labels(operation)
        found[0].inc()
        found[1].observe(seconds)


async def health(_: Request) -> Response:
    """Say that the process serves."""
    return answer({"status": "ok"})


def readiness(desk: Desk) -> object:
    """Return the route that says whether requests can be served."""

    async def handle(_: Request) -> Response:
        checks = {"service": "stopping" if desk.is_stopping else "ok", **await _store_checks(desk)}
        ready = all(checks.get(name) == "ok" for name in _NEEDED)
        status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
        return answer({"status": "ok" if ready else "unavailable", "checks": checks}, status)

    return handle


def metrics(desk: Desk, meters: Meters) -> object:
    """Return the route of the metrics: of the process, and of the jobs of the key's namespace."""

    async def handle(request: Request) -> Response:
        try:
            caller = await desk.callers.of(request.headers.get("authorization"))
            desk.rate.spend(caller.key.id)
            if not caller.may(Right.READ):
                raise Refused(HTTPStatus.FORBIDDEN, "forbidden", "this API key cannot read metrics")
            text = generate_latest(meters.registry).decode()
            lines = [line async for line in _jobs(desk, caller.key.namespace)]
        except BeltlineError as error:
            return refusal(error)
        return Response(
            text + "\n".join([*lines, ""]), headers={"Cache-Control": "no-store"}, media_type="text/plain"
        )

    return handle


async def _store_checks(desk: Desk) -> dict[str, str]:
    """Look at the store, at most once a second however many ask: nobody needs a key for that."""
    try:
        async with asyncio.timeout(_SECONDS):
            found: dict[str, str] = json.loads(await desk.board(_NO_NAMESPACE, _looked))
    except (StoreError, TimeoutError):
        return {"store": "unavailable"}
    return {"store": "ok", **found}


async def _looked(desk: Desk, _: str) -> str:
    """Return the checks of the store as JSON. They count, and name no namespace."""
    store = desk.store
    missing = sum(not applied for _, applied in await store.migrations())
    found = {"migrations": f"{missing} pending" if missing else "ok"}
    if not missing:
        now = store.now()
        namespaces = (await store.api_keys.namespaces())[:MOST_NAMESPACES]
        ticks = [(await store.schedules.outlook(namespace)).next_at for namespace in namespaces]
        late_us = [now - at for at in ticks if at is not None and now - at > LATE_US]
        late = (
            f"late by {max(late_us) // MICROS} s in {len(late_us)} namespaces: does a worker live there?"
            if late_us
            else "ok"
        )
        alive = [
            is_alive(session, now)
            for namespace in namespaces
            for session in await store.sessions.page(namespace)
        ]
        found |= {"leader": LEADER, "schedules": late, "workers": f"{sum(alive)} alive"}
    return json.dumps(found)


async def _jobs(desk: Desk, namespace: str) -> AsyncIterator[str]:
    store = desk.store
    now = store.now()
    yield "# TYPE beltline_jobs gauge"
    for count in await store.reads.counts(namespace):
        yield f'beltline_jobs{{queue="{_escaped(count.queue)}",state="{count.state.value}"}} {count.jobs}'
    alive = sum(is_alive(session, now) for session in await store.sessions.page(namespace))
    yield "# TYPE beltline_workers gauge"
    yield f"beltline_workers {alive}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
