"""`api_keys`: found by the hash of their token, ended by revoking, rotating or time."""

from __future__ import annotations

import uuid
from typing import Any

from beltline.core.ids import new_id
from beltline.store.api_keys import ApiKey, RotateApiKey
from beltline.store.params import AuditEntry
from tests.conformance.world import World

ENTRY = AuditEntry(actor="me", action="api_key", target="api_key/x")


def new_key(world: World, **fields: Any) -> ApiKey:
    token = uuid.uuid4()
    key = ApiKey(
        namespace=world.namespace,
        id=new_id(world.now, uuid_bits(token.int)),
        name="ci",
        role="worker",
        definitions=("mail.*", "ü"),
        prefix="belt_abc",
        hash=token.bytes * 2,
        created_at=world.now,
        created_by="me",
        expires_at=None,
    )
    return key._replace(**fields)


class uuid_bits:  # noqa: N801 - a source of bits in place of chance
    def __init__(self, value: int) -> None:
        self.value = value

    def getrandbits(self, k: int, /) -> int:
        return self.value & ((1 << k) - 1)

    def random(self) -> float:
        return 0.0


async def added(world: World, **fields: Any) -> ApiKey:
    key = new_key(world, **fields)
    await world.store.api_keys.add(key, audit=(ENTRY,))
    return key


async def actions(world: World) -> int:
    return len(await world.store.audit.page(world.namespace))


async def test_a_key_is_found_by_its_hash(world: World) -> None:
    key = await added(world)
    plain = await added(world, definitions=None, expires_at=world.now + 5)

    assert await world.store.api_keys.find(key.hash) == key
    assert await world.store.api_keys.find(plain.hash) == plain
    assert await world.store.api_keys.find(b"x" * 32) is None
    assert {found.id for found in await world.store.api_keys.page(world.namespace)} == {key.id, plain.id}
    assert await actions(world) == 2


async def test_keys_of_another_namespace_are_not_listed(world: World) -> None:
    await added(world)

    assert await world.store.api_keys.page(f"{world.namespace}x") == []


async def test_a_key_is_revoked_once(world: World) -> None:
    key = await added(world)

    assert await world.store.api_keys.revoke(world.namespace, key.id, world.now, audit=(ENTRY,))
    assert not await world.store.api_keys.revoke(world.namespace, key.id, world.now + 1, audit=(ENTRY,))
    assert not await world.store.api_keys.revoke("elsewhere", key.id, world.now)

    assert await world.store.api_keys.find(key.hash) == key._replace(revoked_at=world.now)
    assert await actions(world) == 2


async def test_a_rotated_key_ends_later_and_the_new_one_begins(world: World) -> None:
    old, new = await added(world), new_key(world)
    params = RotateApiKey(
        namespace=world.namespace, id=old.id, new=new, until=world.now + 10, now=world.now, audit=(ENTRY,)
    )

    assert await world.store.api_keys.rotate(params)

    assert await world.store.api_keys.find(old.hash) == old._replace(expires_at=world.now + 10)
    assert await world.store.api_keys.find(new.hash) == new
    assert await actions(world) == 2


async def test_a_key_that_has_ended_is_not_rotated(world: World) -> None:
    revoked, expired = await added(world), await added(world, expires_at=world.now)
    await world.store.api_keys.revoke(world.namespace, revoked.id, world.now)

    for old in (revoked, expired):
        params = RotateApiKey(
            namespace=world.namespace, id=old.id, new=new_key(world), until=world.now + 10, now=world.now
        )
        assert not await world.store.api_keys.rotate(params)

    assert len(await world.store.api_keys.page(world.namespace)) == 2


async def test_rotating_does_not_lengthen_a_key(world: World) -> None:
    old = await added(world, expires_at=world.now + 5)
    params = RotateApiKey(
        namespace=world.namespace, id=old.id, new=new_key(world), until=world.now + 10, now=world.now
    )

    assert await world.store.api_keys.rotate(params)

    found = await world.store.api_keys.find(old.hash)
    assert found is not None
    assert found.expires_at == world.now + 5


async def test_the_last_use_only_goes_up(world: World) -> None:
    key, other = await added(world), await added(world)

    await world.store.api_keys.note_used([(world.namespace, key.id, 7), (world.namespace, other.id, 9)])
    await world.store.api_keys.note_used([(world.namespace, key.id, 3)])
    await world.store.api_keys.note_used([])

    used = {found.id: found.used_at for found in await world.store.api_keys.page(world.namespace)}
    assert used == {key.id: 7, other.id: 9}
