"""`facts`: what the database says of itself."""

from __future__ import annotations

from tests.conformance.world import World


async def test_the_version_and_the_size_are_told(world: World) -> None:
    facts = await world.store.facts()

    assert int(facts["version"].split(".")[0]) >= 3
    assert int(facts["bytes"]) > 0


async def test_where_several_hosts_may_connect_their_number_is_told(world: World) -> None:
    facts = await world.store.facts()

    assert ("connections" in facts) == world.store.traits.multi_host
    assert ("pool" in facts) == world.store.traits.multi_host
