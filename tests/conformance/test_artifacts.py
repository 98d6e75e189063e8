"""`artifacts`: the list of what jobs made, and `known`, by which objects without a job are found."""

from __future__ import annotations

import pytest

from beltline.config import ObjectsConfig
from beltline.core.states import FINAL, JobState
from beltline.objects.open import objects_for
from tests.clocks import FakeClock
from tests.conformance.builders import artifact_of, change_to
from tests.conformance.stores import Place
from tests.conformance.world import World


async def test_an_artifact_reads_back_as_it_was_added(world: World) -> None:
    job = await world.running()
    made = artifact_of(job.id, world.now, size=5_000_000_000, reference=bytes(range(256)))

    await world.store.artifacts.add(world.namespace, made)

    assert await world.store.artifacts.page(world.namespace, job.id) == [made]


async def test_artifacts_come_by_run_and_name(world: World) -> None:
    job = await world.running()
    made = [artifact_of(job.id, world.now, run=run, name=name) for run in (2, 1) for name in ("b", "a", "B")]

    for each in made:
        await world.store.artifacts.add(world.namespace, each)

    found = await world.store.artifacts.page(world.namespace, job.id)
    assert [(each.run, each.name) for each in found] == [
        (run, name) for run in (1, 2) for name in ("B", "a", "b")
    ]


async def test_a_later_one_of_the_same_run_and_name_replaces_it(world: World) -> None:
    job = await world.running()
    await world.store.artifacts.add(world.namespace, artifact_of(job.id, world.now))
    later = artifact_of(job.id, world.now + 1, type="image/webp", size=9, reference=b"\x01other")

    await world.store.artifacts.add(world.namespace, later)

    assert await world.store.artifacts.page(world.namespace, job.id) == [later]


@pytest.mark.parametrize("state", sorted(FINAL))
async def test_a_job_that_has_ended_takes_a_late_one(world: World, state: JobState) -> None:
    job = await world.running()
    await world.apply(change_to(job, state, world.now))

    await world.store.artifacts.add(world.namespace, artifact_of(job.id, world.now))

    assert len(await world.store.artifacts.page(world.namespace, job.id)) == 1


async def test_nothing_is_listed_for_a_job_that_does_not_exist(world: World) -> None:
    await world.store.artifacts.add(world.namespace, artifact_of("nobody", world.now))

    assert await world.store.artifacts.page(world.namespace, "nobody") == []


async def test_artifacts_belong_to_their_namespace(world: World) -> None:
    job = await world.running()
    other = f"{world.namespace}-b"

    await world.store.artifacts.add(other, artifact_of(job.id, world.now))
    await world.store.artifacts.add(world.namespace, artifact_of(job.id, world.now))

    assert await world.store.artifacts.page(other, job.id) == []
    assert len(await world.store.artifacts.page(world.namespace, job.id)) == 1


async def test_ids_are_known_wherever_their_jobs_are(world: World) -> None:
    jobs = [
        await world.bring(state) for state in sorted(JobState, key=lambda state: state is JobState.QUEUED)
    ]
    ids = [job.id for job in jobs]

    assert await world.store.reads.known(world.namespace, [*ids, "nobody"]) == set(ids)
    assert await world.store.reads.known(f"{world.namespace}-b", ids) == set()
    assert await world.store.reads.known(world.namespace, []) == set()


async def owner_at(place: Place) -> str:
    """Open the store at a place with objects, and return what it told them."""
    store = place.store(FakeClock())
    store.objects = objects_for(ObjectsConfig(url="memory:///"), place.url, {})
    await store.open()
    await store.close()
    assert store.objects is not None
    return store.objects.owner


async def test_objects_are_told_whose_they_are_the_same_at_each_open(fresh_shared_place: Place) -> None:
    first = await owner_at(fresh_shared_place)

    assert len(first) == 16
    assert await owner_at(fresh_shared_place) == first
