"""`triggers`: what is set, guarded by revisions."""

from __future__ import annotations

from beltline.store.params import AuditEntry
from beltline.store.triggers import NewTrigger, StoredTrigger, WriteTrigger
from tests.conformance.world import World

ENTRY = AuditEntry(actor="ann", action="trigger.create", target="trigger/pushes")


async def write(world: World, name: str, trigger: NewTrigger | None, revision: int | None) -> bool:
    params = WriteTrigger(
        namespace=world.namespace,
        name=name,
        trigger=trigger,
        revision=revision,
        now=world.now,
        audit=[ENTRY],
    )
    return await world.store.triggers.write(params)


def new_trigger(name: str = "pushes") -> NewTrigger:
    return NewTrigger(name, "webhook", "build", '{"secret":"env:S"}', paused=False)


async def test_a_trigger_is_read_as_it_was_made_and_made_once(world: World) -> None:
    assert await write(world, "pushes", new_trigger(), None)
    assert not await write(world, "pushes", new_trigger()._replace(definition="other"), None)

    found = await world.store.triggers.get(world.namespace, "pushes")

    assert found == StoredTrigger(*new_trigger(), revision=1, created_at=world.now, changed_at=world.now)
    assert found.settings() == new_trigger()
    assert len(await world.store.audit.page(world.namespace)) == 1


async def test_a_change_and_a_removal_need_the_revision(world: World) -> None:
    await write(world, "pushes", new_trigger(), None)
    world.clock.advance(5)

    assert await write(world, "pushes", new_trigger()._replace(paused=True), 1)
    assert not await write(world, "pushes", new_trigger(), 1)
    assert not await write(world, "pushes", None, 1)

    found = await world.store.triggers.get(world.namespace, "pushes")
    assert found is not None
    assert (found.paused, found.revision, found.changed_at - found.created_at) == (True, 2, 5)
    assert await write(world, "pushes", None, 2)
    assert await world.store.triggers.get(world.namespace, "pushes") is None


async def test_triggers_are_listed_by_name_in_their_namespace(world: World) -> None:
    elsewhere = World(world.place, world.store, world.clock, f"{world.namespace}-b")
    for name in ("c", "a", "b"):
        await write(world, name, new_trigger(name), None)
    await write(elsewhere, "z", new_trigger("z"), None)

    first = await world.store.triggers.page(world.namespace, limit=2)
    rest = await world.store.triggers.page(world.namespace, after="b")

    assert [row.name for row in first + rest] == ["a", "b", "c"]
