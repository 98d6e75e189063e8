"""The service in this process, on a store with some definitions, called as a client calls it."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx2

from beltline.api.app import make_app
from beltline.api.callers import TokenKeys
from beltline.api.desk import Desk, Ports
from beltline.api.settings import ServeSettings
from beltline.client.submitter import Submitter
from beltline.client.waiter import Waiter
from beltline.config import ObjectsConfig
from beltline.core.decide import Policy
from beltline.core.job import ClaimedJob
from beltline.core.outcome import Ending, Outcome
from beltline.core.roles import Role
from beltline.engine.api_keys import create_api_key
from beltline.engine.settle import Settlement, claim, settle
from beltline.store.contract import Store
from beltline.store.open import configured_store
from beltline.store.params import Definition, NewSession
from tests.clocks import FakeClock

NAMESPACE: Final = "shop"
MEMORY: Final = "sqlite:///:memory:"
SCHEMA: Final = """{"type": "object", "additionalProperties": false, "required": ["path"], "properties": {
    "path": {"type": "string"}, "width": {"type": "integer"},
    "password": {"type": "string", "format": "password", "writeOnly": true}}}"""


class Service:
    """A running service and a client of it, who is an admin where nothing else is said."""

    def __init__(self, desk: Desk, clock: FakeClock, keys: Mapping[str, str]) -> None:
        self.desk = desk
        self.store: Store = desk.store
        self.clock = clock
        self.keys = keys
        self.sessions = 0
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(make_app(desk), raise_app_exceptions=False), base_url="http://test"
        )

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        role: str = "admin",
        headers: Mapping[str, str] | None = None,
        namespace: str = NAMESPACE,
    ) -> httpx2.Response:
        """Call a path below the namespace."""
        given = {"Authorization": f"Bearer {self.keys[role]}", **(headers or {})}
        return await self.http.request(
            method, f"/api/v1/namespaces/{namespace}{path}", json=body, headers=given
        )

    async def submit(self, **fields: Any) -> str:
        """Submit a job and return its id."""
        body = {"definition": "resize", "payload": {"path": "cat.png"}, **fields}
        found = await self.call("POST", "/jobs", body)
        assert found.status_code in {200, 201}, found.text
        return str(found.json()["id"])

    async def state(self, job_id: str) -> str:
        """Return the state of a job."""
        return str((await self.call("GET", f"/jobs/{job_id}")).json()["state"])

    async def running(self, **fields: Any) -> ClaimedJob:
        """Submit a job and claim it; nothing else may be queued."""
        await self.submit(**fields)
        self.sessions += 1
        session = f"session{self.sessions}"
        await self.store.sessions.open(
            NewSession(
                namespace=NAMESPACE,
                id=session,
                name="worker",
                host="host",
                pid=1,
                lease_us=30_000_000,
                queues=None,
                concurrency=1,
                now=self.store.now(),
            )
        )
        [job] = await claim(self.store, NAMESPACE, session, queues=None, limit=1)
        return job

    async def end(self, job: ClaimedJob, ending: Ending = Ending.SUCCEEDED, **fields: Any) -> None:
        """Settle a running job."""
        outcome = Outcome(ending, **fields)
        await settle(self.store, NAMESPACE, [Settlement(job, outcome, Policy())], random=random.Random(1))


@asynccontextmanager
async def running_service(
    url: str = MEMORY,
    *,
    tokens: TokenKeys | None = None,
    clock: FakeClock | None = None,
    objects: ObjectsConfig | None = None,
    **settings: Any,
) -> AsyncIterator[Service]:
    """Yield a service on a store of its own, with a key of each role, and one of another namespace."""
    clock = clock or FakeClock()
    store = configured_store(url, objects or ObjectsConfig(), {}, clock=clock)
    await store.open(migrate=True)
    chance = random.Random(5)
    desk = Desk(
        Ports(
            store=store,
            clock=clock,
            random=chance,
            settings=ServeSettings(**settings),
            make_submitting=Submitter,
            make_waiting=Waiter,
            tokens=tokens,
        )
    )
    row = Definition(name="resize", version="1", queue="images", schema=SCHEMA, policies="{}")
    await store.definitions.apply(NAMESPACE, [row, row_named("mail")], store.now())
    keys = {}
    for role in Role:
        made = await create_api_key(store, NAMESPACE, role, actor="test", random=chance, name=role.value)
        keys[role.value] = made.token
    foreign = await create_api_key(store, "elsewhere", Role.ADMIN, actor="test", random=chance)
    keys["foreign"] = foreign.token
    service = Service(desk, clock, keys)
    try:
        yield service
    finally:
        await service.http.aclose()
        await desk.close()
        await store.close()


def row_named(name: str) -> Definition:
    """Return a definition that takes any payload."""
    return Definition(name=name, version="1", queue="default", schema="{}", policies="{}")
