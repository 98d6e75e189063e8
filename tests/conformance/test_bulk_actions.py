"""`bulk_actions`: done when they are due, unless they are undone before."""

from __future__ import annotations

import asyncio

from beltline.store.bulk_actions import TAKEN_US, StoredBulkAction
from beltline.store.params import AuditEntry
from tests.conformance.world import World

ENTRY = AuditEntry(actor="me", action="jobs.cancel", target="jobs")


async def added(world: World, number: int = 1, due_in: int = 10) -> StoredBulkAction:
    action = StoredBulkAction(
        f"action{number}", "cancel", '{"queue":"ä"}', "me", "why", world.now, world.now + due_in
    )
    await world.store.bulk_actions.add(world.namespace, action, audit=(ENTRY,))
    return action


async def test_an_action_is_taken_when_it_is_due_and_finished_once(world: World) -> None:
    action = await added(world)

    assert await world.store.bulk_actions.take(world.namespace, world.now + 9) is None
    assert await world.store.bulk_actions.take(world.namespace, world.now + 10) == action
    assert await world.store.bulk_actions.take(world.namespace, world.now + 11) is None
    await world.store.bulk_actions.finish(world.namespace, action.id, 7)

    assert await world.store.bulk_actions.take(world.namespace, world.now + 11 + TAKEN_US) is None
    assert await world.store.bulk_actions.page(world.namespace) == [action._replace(state="done", changed=7)]


async def test_an_action_whose_taker_is_gone_is_taken_again(world: World) -> None:
    action = await added(world, due_in=0)
    await world.store.bulk_actions.take(world.namespace, world.now)

    assert await world.store.bulk_actions.take(world.namespace, world.now + TAKEN_US) == action


async def test_an_action_is_undone_until_it_is_due(world: World) -> None:
    undone, due = await added(world, 1), await added(world, 2)

    assert await world.store.bulk_actions.undo(world.namespace, undone.id, world.now + 9, audit=(ENTRY,))
    assert not await world.store.bulk_actions.undo(world.namespace, undone.id, world.now + 9, audit=(ENTRY,))
    assert not await world.store.bulk_actions.undo(world.namespace, due.id, world.now + 10, audit=(ENTRY,))
    assert not await world.store.bulk_actions.undo("elsewhere", due.id, world.now)

    assert await world.store.bulk_actions.take(world.namespace, world.now + 10) == due
    states = [action.state for action in await world.store.bulk_actions.page(world.namespace)]
    assert states == ["pending", "undone"]
    assert len(await world.store.audit.page(world.namespace)) == 3


async def test_of_two_takers_one_gets_an_action(shared_world: World) -> None:
    await added(shared_world, due_in=0)

    taken = await asyncio.gather(
        *(shared_world.store.bulk_actions.take(shared_world.namespace, shared_world.now) for _ in range(4))
    )

    assert sum(action is not None for action in taken) == 1
