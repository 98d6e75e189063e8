"""`definitions`: every version ever applied, the newest of each name in force."""

from __future__ import annotations

from dataclasses import replace

from beltline.store.params import Definition
from tests.conformance.world import World

RESIZE = Definition(
    name="resize",
    version="1",
    queue="images",
    schema='{"type":"object"}',
    policies="{}",
    owner="media",
    runbook="r",
)
ROTATE = Definition(name="rotate", version="h1", queue="images", schema="{}", policies='{"retry":{}}')


async def apply(world: World, *definitions: Definition) -> list[str]:
    return sorted(await world.store.definitions.apply(world.namespace, definitions, world.now))


async def test_a_definition_reads_back_as_it_was_applied(world: World) -> None:
    assert await apply(world, RESIZE, ROTATE) == ["resize", "rotate"]

    assert await world.store.definitions.get(world.namespace, "resize") == replace(
        RESIZE, applied_at=world.now
    )
    assert await world.store.definitions.page(world.namespace) == [
        replace(RESIZE, applied_at=world.now),
        replace(ROTATE, applied_at=world.now),
    ]


async def test_an_unknown_definition_is_none(world: World) -> None:
    assert await world.store.definitions.get(world.namespace, "resize") is None
    assert await world.store.definitions.page(world.namespace) == []


async def test_no_definitions_are_applied_at_once(world: World) -> None:
    assert await apply(world) == []


async def test_what_was_applied_before_changes_nothing(world: World) -> None:
    await apply(world, RESIZE, ROTATE)
    world.clock.advance(5)

    assert await apply(world, RESIZE, ROTATE) == []


async def test_a_new_version_becomes_the_newest(world: World) -> None:
    await apply(world, RESIZE, ROTATE)
    world.clock.advance(5)
    second = replace(RESIZE, version="2", schema='{"type":"array"}')

    assert await apply(world, second, ROTATE) == ["resize"]

    assert await world.store.definitions.get(world.namespace, "resize") == replace(
        second, applied_at=world.now
    )
    assert len(await world.store.definitions.page(world.namespace)) == 2


async def test_an_older_version_applied_again_becomes_the_newest(world: World) -> None:
    await apply(world, RESIZE)
    world.clock.advance(5)
    await apply(world, replace(RESIZE, version="2"))
    world.clock.advance(5)

    assert await apply(world, RESIZE) == ["resize"]

    found = await world.store.definitions.get(world.namespace, "resize")
    assert found is not None
    assert found.version == "1"


async def test_versions_applied_in_one_microsecond_keep_their_order(world: World) -> None:
    for version in ("2", "1", "3"):
        await apply(world, replace(RESIZE, version=version))

    found = await world.store.definitions.get(world.namespace, "resize")
    assert found is not None
    assert found.version == "3"


async def test_schema_and_policies_of_a_version_are_replaced(world: World) -> None:
    await apply(world, RESIZE)
    other = replace(RESIZE, schema='{"type":"array"}', policies='{"max_crashes":1}')

    await apply(world, other)

    found = await world.store.definitions.get(world.namespace, "resize")
    assert found is not None
    assert (found.schema, found.policies) == (other.schema, other.policies)


async def test_definitions_are_listed_by_name(world: World) -> None:
    await apply(world, *(replace(RESIZE, name=name) for name in ("c", "a", "B", "b")))

    assert [definition.name for definition in await world.store.definitions.page(world.namespace)] == [
        "B",
        "a",
        "b",
        "c",
    ]


async def test_a_definition_belongs_to_its_namespace(world: World) -> None:
    await apply(world, RESIZE)

    assert await world.store.definitions.get(f"{world.namespace}-b", "resize") is None
