"""Large payloads, results and artifacts: put away before the row, whole when read, gone with their job."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from beltline.config import ObjectsConfig
from beltline.core.clock import DAY
from beltline.core.codec import dump_json, payload_hash
from beltline.core.decide import Policy
from beltline.core.errors import ObjectMissing, ObjectsUnavailable, PayloadTooLarge
from beltline.core.job import ClaimedJob, Job, NewJob
from beltline.core.outcome import Ending, Outcome, succeeded
from beltline.core.reasons import Reason
from beltline.core.values import KIB, MIB
from beltline.engine import control, upkeep
from beltline.engine.objects import (
    NewArtifact,
    add_artifact,
    kept,
    kept_result,
    payload_limit,
    sweep,
    whole,
    whole_bytes,
)
from beltline.engine.settle import Settlement, claim, settle
from beltline.engine.submit import DEFAULTS, insert, new_job
from beltline.engine.template import Template
from beltline.objects.reference import is_reference, reference_of
from beltline.store.contract import Store
from beltline.store.open import configured_store
from beltline.store.params import Insertion, NewSession
from tests.clocks import FakeClock

NS: Final = "shop"
LARGE: Final = dump_json({"text": "x" * 100_000})
SMALL: Final = b'{"text":"x"}'


class Depot:
    """A store with a folder of objects, and a worker's hands."""

    def __init__(self, store: Store, clock: FakeClock, folder: Path) -> None:
        self.store = store
        self.clock = clock
        self.folder = folder
        self._random = random.Random(1)

    def new(self, payload: bytes = LARGE) -> NewJob:
        template = Template(name="resize", version="1", queue="images")
        return new_job(template, payload, DEFAULTS, now=self.store.now(), random=self._random)

    async def submit(self, payload: bytes = LARGE) -> str:
        [answer] = await insert(self.store, NS, [self.new(payload)], all_or_none=True)
        assert answer.outcome is Insertion.CREATED
        return answer.id

    async def take(self) -> ClaimedJob:
        [job] = await claim(self.store, NS, "hand", queues=None, limit=1)
        return job

    async def end(self, job: ClaimedJob, outcome: Outcome) -> None:
        outcome = await kept_result(self.store, NS, job.id, outcome)
        await settle(self.store, NS, [Settlement(job, outcome, Policy())], random=self._random)

    async def job(self, job_id: str) -> Job:
        return await control.fetch(self.store, NS, job_id)

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())

    async def prune(self, days: int) -> None:
        await upkeep.prune(self.store, NS, history_days=days, dead_days=days, ledger_days=days)

    def lose_objects(self) -> None:
        for path in self.folder.rglob("*"):
            if path.is_file():
                path.unlink()


@pytest.fixture
async def depot(tmp_path: Path) -> AsyncIterator[Depot]:
    clock = FakeClock()
    folder = tmp_path / "objects"
    config = ObjectsConfig(url=f"file://{folder}", threshold=64 * KIB, limit=MIB)
    store = configured_store(f"sqlite:///{tmp_path / 'beltline.db'}", config, {}, clock=clock)
    await store.open()
    hand = NewSession(
        namespace=NS,
        id="hand",
        name="hand",
        host="here",
        pid=1,
        lease_us=1,
        queues=None,
        concurrency=1,
        now=clock.now(),
    )
    await store.sessions.open(hand)
    yield Depot(store, clock, folder)
    await store.close()


async def test_a_large_payload_is_a_reference_in_the_row_and_whole_when_read(depot: Depot) -> None:
    job = await depot.job(await depot.submit())

    assert is_reference(job.payload)
    assert len(job.payload) < 400
    assert (await whole(depot.store, job)).payload == LARGE


async def test_a_small_payload_stays_in_the_row(depot: Depot) -> None:
    job = await depot.job(await depot.submit(SMALL))

    assert job.payload == SMALL
    assert depot.files() == []


async def test_payloads_are_compared_by_what_was_submitted(depot: Depot) -> None:
    job = await depot.job(await depot.submit())

    assert job.payload_hash == payload_hash(LARGE)


async def test_a_repeated_put_is_the_same_object(depot: Depot) -> None:
    job = depot.new()

    [once] = await kept(depot.store, NS, [job])
    [twice] = await kept(depot.store, NS, [job])
    [thrice] = await kept(depot.store, NS, [twice])

    assert once == twice == thrice
    assert len(depot.files()) == 1


async def test_only_the_large_ones_of_a_batch_are_put_away(depot: Depot) -> None:
    jobs = [depot.new(payload) for payload in (SMALL, LARGE, SMALL, LARGE)]

    await insert(depot.store, NS, jobs, all_or_none=True)

    rows = [await depot.job(job.id) for job in jobs]
    assert [is_reference(row.payload) for row in rows] == [False, True, False, True]
    assert [(await whole(depot.store, row)).payload for row in rows] == [job.payload for job in jobs]


async def test_more_than_the_limit_is_refused_and_nothing_stored(depot: Depot) -> None:
    job = depot.new(dump_json("x" * MIB))

    with pytest.raises(PayloadTooLarge):
        await insert(depot.store, NS, [job], all_or_none=True)

    assert await depot.store.reads.get(NS, [job.id]) == []


async def test_where_the_place_cannot_be_written_nothing_is_stored(depot: Depot) -> None:
    depot.folder.write_text("no folder")
    job = depot.new()

    with pytest.raises(ObjectsUnavailable):
        await insert(depot.store, NS, [job], all_or_none=True)

    assert await depot.store.reads.get(NS, [job.id]) == []


async def test_a_large_result_is_whole_when_read(depot: Depot) -> None:
    job_id = await depot.submit(SMALL)
    await depot.end(await depot.take(), succeeded(LARGE))

    job = await depot.job(job_id)
    assert is_reference(job.result)
    assert (await whole(depot.store, job)).result == LARGE


async def test_a_replayed_dead_letter_has_its_payload(depot: Depot) -> None:
    job_id = await depot.submit()
    await depot.end(await depot.take(), Outcome(Ending.FAILED, reason=Reason.NOT_RETRYABLE))
    depot.clock.advance(30 * DAY)
    await sweep(depot.store, NS, days=7)

    await control.replay(depot.store, NS, job_id, actor="me")

    assert await whole_bytes(depot.store, (await depot.take()).payload) == LARGE


async def test_objects_go_after_their_job_and_not_before(depot: Depot) -> None:
    await depot.submit()
    done = await depot.take()
    await add_artifact(depot.store, NS, NewArtifact(done.id, 1, "a.txt", "text/plain", b"x"))
    await depot.end(done, succeeded(LARGE + b" "))
    waiting = await depot.submit()
    depot.clock.advance(9 * DAY)

    assert await sweep(depot.store, NS, days=7) == 0
    await depot.prune(7)
    assert await sweep(depot.store, NS, days=7) == 3

    assert (await whole(depot.store, await depot.job(waiting))).payload == LARGE
    assert len(depot.files()) == 1


async def test_what_a_crash_left_before_the_row_goes_after_retention(depot: Depot) -> None:
    [orphan] = await kept(depot.store, NS, [depot.new()])
    assert is_reference(orphan.payload)
    depot.clock.advance(DAY)

    assert await sweep(depot.store, NS, days=7) == 0
    depot.clock.advance(8 * DAY)

    assert await sweep(depot.store, NS, days=7) == 1
    assert depot.files() == []


async def test_a_row_that_is_on_its_way_keeps_its_object(depot: Depot) -> None:
    [coming] = await kept(depot.store, NS, [depot.new()])
    depot.clock.advance(DAY)

    await sweep(depot.store, NS, days=1)
    await insert(depot.store, NS, [coming], all_or_none=True)

    assert (await whole(depot.store, await depot.job(coming.id))).payload == LARGE


async def test_an_id_that_was_chosen_again_keeps_its_new_object(depot: Depot) -> None:
    first = depot.new()._replace(id="Invoice/17", chosen_id=True)
    await insert(depot.store, NS, [first], all_or_none=True)
    await depot.end(await depot.take(), succeeded(None))
    depot.clock.advance(9 * DAY)
    await depot.prune(7)
    again = depot.new()._replace(id="Invoice/17", chosen_id=True)
    await insert(depot.store, NS, [again], all_or_none=True)

    await sweep(depot.store, NS, days=7)

    assert (await whole(depot.store, await depot.job("Invoice/17"))).payload == LARGE


async def test_a_draft_that_a_crash_left_goes_with_the_job_that_never_was(depot: Depot) -> None:
    [orphan] = await kept(depot.store, NS, [depot.new()])
    file = depot.folder / reference_of(orphan.payload).name
    file.rename(file.with_name(f"{file.name}.1-1.draft"))
    depot.clock.advance(9 * DAY)

    assert await sweep(depot.store, NS, days=7) == 1
    assert depot.files() == []


async def test_a_row_whose_object_is_gone_says_so(depot: Depot) -> None:
    job = await depot.job(await depot.submit())
    depot.lose_objects()

    with pytest.raises(ObjectMissing):
        await whole(depot.store, job)


async def test_a_process_without_objects_says_what_it_lacks(depot: Depot, tmp_path: Path) -> None:
    job_id = await depot.submit()
    depot.store.objects = None

    with pytest.raises(ObjectsUnavailable, match=r"objects\.url"):
        await whole(depot.store, await depot.job(job_id))
    assert payload_limit(depot.store) == 1_048_576
    assert await sweep(depot.store, NS, days=7) == 0
