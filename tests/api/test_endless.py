"""A batch type that yields for ever, as a caller of REST sees it: bounded, and told why."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count
from typing import cast

from beltline import Item
from beltline.api.desk import Desk, Ports
from beltline.api.settings import ServeSettings
from beltline.client.beltline import Beltline
from beltline.client.submitter import Submitter
from beltline.client.waiter import Waiter
from beltline.core.retry import Retry
from beltline.core.roles import Role
from beltline.engine.api_keys import create_api_key
from beltline.testing.kit import Kit
from tests.api.service import Service
from tests.clocks import FakeClock

NAMESPACE = "default"


def item(number: int) -> int:
    return number


def endless(definition: int) -> Iterator[Item]:
    for number in count(definition):
        yield Item(number=number)


async def test_a_batch_that_yields_for_ever_fails_and_says_why() -> None:
    belt = Beltline("sqlite:///:memory:")
    once = Retry(max_attempts=1)
    belt.batch(item=belt.job(item, name="item", retry=once), most=1_500, name="wide", retry=once)(endless)

    async with Kit(belt) as kit:
        chance = random.Random(5)
        key = await create_api_key(kit.store, NAMESPACE, Role.ADMIN, actor="test", random=chance)
        ports = Ports(
            store=kit.store,
            clock=kit.clock,
            random=chance,
            settings=ServeSettings(),
            make_submitting=Submitter,
            make_waiting=Waiter,
        )
        service = Service(Desk(ports), cast("FakeClock", kit.clock), {"admin": key.token})

        made = await service.call("POST", "/batches", {"type": "wide", "definition": 0}, namespace=NAMESPACE)
        await kit.drain()
        path = f"/batches/{made.json()['id']}"
        tree = (await service.call("GET", path, namespace=NAMESPACE)).json()
        told = (await service.call("GET", f"/jobs/{tree['job']['id']}/explain", namespace=NAMESPACE)).json()
        await service.http.aclose()
        await service.desk.close()

    assert made.status_code == 201
    assert tree["job"]["state"] == "failed"
    assert "yields more than 1,500 parts for one batch: does it end?" in tree["job"]["error"]["message"]
    assert "does it end?" in told["summary"]
    assert tree["batch"]["open"] == 0
