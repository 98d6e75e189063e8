"""What the bodies of a worker with a service's URL submit."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from beltline.client.remote import Remote
from beltline.client.served.store import ServedStore
from beltline.core.clock import Clock
from beltline.core.ids import Random


class WorkerRemote(Remote):
    """A service as bodies know it: children go by the worker's own route, which its key may take."""

    def __init__(
        self, url: str, namespace: str, api_key: str, *, store: ServedStore, clock: Clock, random: Random
    ) -> None:
        super().__init__(url, namespace, api_key, clock=clock, random=random)
        self._store = store

    async def _submitted(self, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Submit; jobs of one call have one parent. Raises LeaseLost where that is no longer ours."""
        parent = jobs[0].get("parent") if jobs else None
        fence = None if parent is None else self._store.jobs.fences.get(parent)
        if fence is None:
            return await super()._submitted(jobs)
        children = [{name: value for name, value in job.items() if name != "parent"} for job in jobs]
        path = f"/workers/{quote(self._store.standing.worker_id, safe='')}/submit"
        body = {"parent": parent, "fence": fence, "jobs": children}
        found: list[dict[str, Any]] = (await self.call("POST", path, body))["items"]
        return found
