"""A new object becomes a job, once, when it stands still."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from beltline.core.clock import MICROS, MINUTE
from beltline.core.window import Gather
from beltline.definitions.trigger import NewObject
from beltline.engine import sightings, trigger_trials
from beltline.engine.trigger_trials import Sample
from beltline.triggers.contract import Page
from tests.engine.desk import Desk
from tests.engine.reacting import Reacting

RULE = {"place": "shelf://in", "every": "10s", "payload": {"of": "object.name"}}


@pytest.fixture
def reacting(desk: Desk) -> Reacting:
    return Reacting(desk)


async def make(reacting: Reacting, **fields: Any) -> None:
    await reacting.make(NewObject(**{**RULE, **fields}))


async def look(reacting: Reacting, seconds: float = 10) -> list[str]:
    """Look after some seconds; return the names of all objects that made jobs so far."""
    reacting.desk.clock.advance(round(seconds * MICROS))
    await reacting.turn()
    return sorted(payload["of"] for payload in await reacting.payloads())


async def test_an_object_that_comes_makes_one_job(reacting: Reacting) -> None:
    reacting.shelf.objects["old"] = "1"
    await make(reacting)
    first = await look(reacting, 0)
    reacting.shelf.objects["new"] = "1"

    found = [await look(reacting, seconds) for seconds in (9, 1, 10, 10)]

    assert first == []
    assert found == [[], ["new"], ["new"], ["new"]]
    assert await reacting.counts() == {"submitted": 1}


async def test_what_is_there_already_counts_where_that_is_said(reacting: Reacting) -> None:
    reacting.shelf.objects |= {"a": "1", "b.tmp": "1"}
    await make(reacting, existing="fire", glob="[!.]")

    assert await look(reacting, 0) == ["a"]


async def test_an_object_counts_when_it_has_stood_still(reacting: Reacting) -> None:
    await make(reacting, settle="4s", every="10s")
    await look(reacting, 0)
    reacting.shelf.objects["a"] = "1"
    first = await look(reacting, 10)
    reacting.shelf.objects["a"] = "12"
    growing = await look(reacting, 4)
    still = await look(reacting, 3)
    done = await look(reacting, 1)

    assert (first, growing, still, done) == ([], [], [], ["a"])


async def test_another_content_counts_where_that_is_said(reacting: Reacting) -> None:
    await make(reacting, changes=True)
    await look(reacting, 0)
    reacting.shelf.objects["a"] = "1"
    await look(reacting)
    reacting.shelf.objects["a"] = "2"

    assert await look(reacting) == ["a", "a"]


async def test_another_content_is_no_new_object(reacting: Reacting) -> None:
    await make(reacting)
    await look(reacting, 0)
    reacting.shelf.objects["a"] = "1"
    await look(reacting)
    reacting.shelf.objects["a"] = "2"

    assert await look(reacting) == ["a"]


@pytest.mark.parametrize(("deleted", "jobs"), [("forget", 2), ("keep", 1)])
async def test_what_is_deleted_and_comes_again(reacting: Reacting, deleted: str, jobs: int) -> None:
    await make(reacting, deleted=deleted)
    await look(reacting, 0)
    found: list[str] = []
    for objects in ({"a": "1"}, {}, {"a": "1"}):
        reacting.shelf.objects = dict(objects)
        found = await look(reacting)

    assert len(found) == jobs


async def test_a_large_place_is_looked_at_page_by_page_and_again_from_where_a_look_ended(
    reacting: Reacting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sightings, "PAGE", 3)
    monkeypatch.setattr(sightings, "SEEN_PAGE", 4)
    monkeypatch.setattr(sightings, "PAGES_A_LOOK", 2)
    reacting.shelf.objects = {f"{number:02}": "1" for number in range(20)}
    await make(reacting, existing="fire")

    turns = 0
    while await reacting.turn():
        turns += 1

    names = sorted(payload["of"] for payload in await reacting.payloads())
    assert names == sorted(reacting.shelf.objects)
    assert turns >= 3
    del reacting.shelf.objects["07"]
    reacting.shelf.objects["20"] = "1"
    assert await look(reacting) == [*names]
    while await reacting.turn():
        continue
    assert await look(reacting, 0) == [*names, "20"]


async def test_a_look_that_dies_is_taken_over_and_makes_no_job_twice(
    reacting: Reacting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sightings, "PAGE", 2)
    reacting.shelf.objects = dict.fromkeys("abcdef", "1")
    await make(reacting, existing="fire")
    page = reacting.shelf.page

    async def dying(after: str, limit: int, known: Collection[str] = ()) -> Page:
        if after == "d":
            raise ConnectionError
        return await page(after, limit, known)

    with monkeypatch.context() as patched:
        patched.setattr(reacting.shelf, "page", dying)
        with pytest.raises(ConnectionError):
            await reacting.turn()
    soon = await look(reacting, 1)
    later = await look(reacting, MINUTE / MICROS)

    assert soon == ["a", "b", "c", "d"]
    assert later == [*"abcdef"]
    assert await reacting.counts() == {"submitted": 6}


async def test_who_looks_second_leaves_the_place_to_the_first(reacting: Reacting) -> None:
    await make(reacting, existing="fire")
    reacting.shelf.objects["a"] = "1"
    party = await reacting.party()
    given = reacting.store, reacting.namespace, party, reacting.shelf

    first = await sightings.look(*given, random=reacting.desk.random)
    second = await sightings.look(*given, random=reacting.desk.random)

    assert (first, second, reacting.shelf.pages) == (True, False, 1)


async def test_a_place_that_is_gone_is_counted_and_looked_at_later_and_later(reacting: Reacting) -> None:
    await make(reacting)
    reacting.shelf.is_gone = True
    for _ in range(3):
        await look(reacting, 10)
    missed = await reacting.counts()
    [count] = [
        each
        for each in await reacting.store.triggers.counts(reacting.namespace, "after")
        if each.outcome == "unreachable"
    ]
    reacting.shelf.is_gone = False
    await look(reacting, 40)
    reacting.shelf.objects["a"] = "1"

    assert missed == {"unreachable": 2}
    assert count.note == "the shelf is gone"
    assert await look(reacting) == ["a"]


async def test_a_place_where_nothing_changed_is_not_listed(reacting: Reacting) -> None:
    await make(reacting)
    await look(reacting, 0)
    reacting.shelf.is_same = True
    await look(reacting)

    assert reacting.shelf.pages == 1


async def test_objects_pass_a_window_too(reacting: Reacting) -> None:
    await make(reacting, window=Gather(10, within="5s"), payload={"of": "object.url"})
    await look(reacting, 0)
    reacting.shelf.objects |= {"a": "1", "b": "1"}
    await look_at(reacting, 10)
    await look_at(reacting, 5)

    assert await reacting.payloads() == [{"items": [{"of": "shelf://a"}, {"of": "shelf://b"}]}]


async def look_at(reacting: Reacting, seconds: int) -> None:
    reacting.desk.clock.advance(seconds * MICROS)
    await reacting.turn()


async def test_an_object_is_tried_by_its_name(reacting: Reacting) -> None:
    await make(reacting, place="/srv/in", glob="*.pdf", payload={"of": "object.url"})
    place = await reacting.place()

    tried = await trigger_trials.tried(*place, Sample(object_name="a.pdf"))

    assert tried is not None
    assert tried.payload == b'{"of":"/srv/in/a.pdf"}'
    assert await trigger_trials.tried(*place, Sample(object_name="a.txt")) is None
