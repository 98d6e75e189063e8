"""A worker by hand, over HTTP."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import httpx2

from tests.api.served import Served
from tests.api.service import NAMESPACE


class Hands:
    """Takes the jobs of one queue and settles them as told."""

    def __init__(self, service: Served, queue: str) -> None:
        self._queue = queue
        self._http = httpx2.AsyncClient(
            base_url=f"{service.url}/api/v1/namespaces/{NAMESPACE}",
            headers={"Authorization": f"Bearer {service.keys['worker']}"},
            timeout=30,
        )
        self._id = ""

    async def __aenter__(self) -> Self:
        opened = await self._http.post("/workers", json={"name": "hands", "queues": [self._queue]})
        self._id = opened.json()["id"]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.delete(f"/workers/{self._id}")
        await self._http.aclose()

    async def settle(self, **fields: Any) -> None:
        """Take a job, waiting for it, and settle it."""
        claimed = await self._http.post(f"/workers/{self._id}/claim", json={"limit": 1, "wait": "20s"})
        [job] = claimed.json()["items"]
        item = {"id": job["id"], "fence": job["fence"], **fields}
        settled = await self._http.post(f"/workers/{self._id}/settle", json={"items": [item]})
        assert settled.json()["lost"] == []
