"""Log lines and progress arrive, in batches, and survive an outage of the store."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator

import pytest

from beltline.core.errors import StoreUnavailable
from beltline.core.job import ClaimedJob
from beltline.definitions.definition import define
from beltline.engine.objects import NewArtifact
from beltline.engine.settle import claim
from beltline.runtime.reporter import MOST_LINES, Reporter
from beltline.runtime.run import Run
from beltline.store.log_limit import DEFAULT_LIMIT
from beltline.store.params import NewSession
from tests.hops import Door
from tests.runtime.stage import no_memory
from tests.runtime.works import Works
from tests.waiting import eventually_async

NEVER_S = 3_600.0


def kept_nowhere(run: Run, artifact: NewArtifact) -> None:
    raise AssertionError(f"{artifact.name} of {run.key} was not expected")


class Reporting:
    """A reporter and a claimed job that reports."""

    def __init__(self, works: Works, reporter: Reporter, run: Run) -> None:
        self.works = works
        self.reporter = reporter
        self.run = run

    async def lines(self) -> list[str]:
        found = await self.works.store.logs.read("default", self.run.job.id)
        return [line.message for line in found]

    async def progress(self) -> tuple[float | None, str | None]:
        job = await self.works.job(self.run.job.id)
        return job.progress, job.progress_note

    def say(self, *messages: str) -> None:
        for message in messages:
            self.reporter.log(self.run, "info", message, "")


async def claimed_job(works: Works) -> ClaimedJob:
    store = works.store
    await store.sessions.open(
        NewSession(
            namespace="default",
            id="hand",
            name="hand",
            host="here",
            pid=1,
            lease_us=1,
            queues=None,
            concurrency=1,
            now=store.now(),
        )
    )
    await works.belt.job(name="talks")(lambda: None).submit()
    [job] = await claim(store, "default", "hand", queues=None, limit=1)
    return job


@pytest.fixture
async def reporting(works: Works) -> AsyncIterator[Reporting]:
    reporter = Reporter(works.store, "default", now=works.store.now, stow=kept_nowhere)
    run = Run(await claimed_job(works), define(lambda: None, name="talks"), reporter, no_memory)
    yield Reporting(works, reporter, run)
    await reporter.close()


async def test_lines_arrive_in_their_order(reporting: Reporting) -> None:
    reporting.say("one", "two", "three")

    async def arrived() -> bool:
        return await reporting.lines() == ["one", "two", "three"]

    await eventually_async(arrived)


async def test_the_newest_progress_arrives(reporting: Reporting) -> None:
    reporting.reporter.progress(reporting.run, 0.25, "a quarter")
    reporting.reporter.progress(reporting.run, 0.5, "half")

    await reporting.reporter.flush()

    assert await reporting.progress() == (0.5, "half")


async def test_lines_share_a_statement(reporting: Reporting, door: Door) -> None:
    reporting.say(*(str(number) for number in range(500)))
    door.passed = 0

    await reporting.reporter.flush()

    assert door.passed == 1


async def test_lines_of_many_threads_arrive(reporting: Reporting) -> None:
    threads = [
        threading.Thread(target=lambda: reporting.say(*(str(number) for number in range(200))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    await reporting.reporter.flush()

    assert sorted(await reporting.lines()) == sorted([str(number) for number in range(200)] * 4)


async def test_what_cannot_be_written_is_kept_in_its_order(reporting: Reporting, door: Door) -> None:
    reporting.say("one", "two")
    reporting.reporter.progress(reporting.run, 0.5, "half")
    door.fail()
    with pytest.raises(StoreUnavailable):
        await reporting.reporter.flush()
    reporting.say("three")

    door.open()
    await reporting.reporter.flush()

    assert await reporting.lines() == ["one", "two", "three"]
    assert await reporting.progress() == (0.5, "half")


async def test_a_later_progress_is_not_replaced_by_one_that_was_kept(
    reporting: Reporting, door: Door
) -> None:
    reporting.reporter.progress(reporting.run, 0.25, "a quarter")
    door.fail()
    with pytest.raises(StoreUnavailable):
        await reporting.reporter.flush()
    door.shut()
    flushing = asyncio.create_task(reporting.reporter.flush())
    await asyncio.sleep(0)
    reporting.reporter.progress(reporting.run, 0.75, "three quarters")
    flushing.cancel()
    await asyncio.wait([flushing])

    door.open()
    await reporting.reporter.flush()

    assert await reporting.progress() == (0.75, "three quarters")


async def test_lines_written_before_a_failure_are_not_written_again(reporting: Reporting, door: Door) -> None:
    reporting.say("one")
    reporting.reporter.progress(reporting.run, 0.5, "half")
    door.fail(let_pass=1)
    with pytest.raises(StoreUnavailable):
        await reporting.reporter.flush()

    door.open()
    await reporting.reporter.flush()

    assert await reporting.lines() == ["one"]
    assert await reporting.progress() == (0.5, "half")


async def test_while_the_store_is_away_the_oldest_lines_are_dropped(works: Works, door: Door) -> None:
    reporter = Reporter(works.store, "default", now=works.store.now, stow=kept_nowhere, flush_s=NEVER_S)
    run = Run(await claimed_job(works), define(lambda: None, name="talks"), reporter, no_memory)
    reporting = Reporting(works, reporter, run)
    reporting.say("old", *(str(number) for number in range(MOST_LINES - 1)))
    door.fail()
    with pytest.raises(StoreUnavailable):
        await reporting.reporter.flush()
    door.shut()
    flushing = asyncio.create_task(reporting.reporter.flush())
    await asyncio.sleep(0)
    reporting.say("newest")
    flushing.cancel()
    await asyncio.wait([flushing])

    kept = [line.message for line, _ in reporting.reporter._lines]

    door.open()
    await reporter.close()
    assert (len(kept), kept[0], kept[-1]) == (MOST_LINES, "0", "newest")
    [first] = await works.store.logs.read("default", run.job.id, limit=1)
    assert first.seq == MOST_LINES + 1 - DEFAULT_LIMIT.lines + 1


async def test_after_an_outage_lines_arrive_by_themselves(reporting: Reporting, door: Door) -> None:
    door.fail()
    reporting.say("one")

    async def has_tried() -> bool:
        return door.knocks > knocks

    knocks = door.knocks
    await eventually_async(has_tried)
    door.open()

    async def arrived() -> bool:
        return await reporting.lines() == ["one"]

    await eventually_async(arrived)


async def test_a_defect_is_told_and_the_next_lines_arrive(
    reporting: Reporting, door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "beltline"):
        door.fail(ZeroDivisionError("a defect"))
        reporting.say("one")

        async def is_told() -> bool:
            return bool(caplog.records)

        await eventually_async(is_told)
    door.open()
    reporting.say("two")
    await reporting.reporter.flush()

    assert await reporting.lines() == ["two"]


async def test_closing_writes_what_is_left_and_then_is_silent(works: Works, door: Door) -> None:
    reporter = Reporter(works.store, "default", now=works.store.now, stow=kept_nowhere)
    reporting = Reporting(
        works,
        reporter,
        Run(await claimed_job(works), define(lambda: None, name="talks"), reporter, no_memory),
    )
    reporting.say("one")

    await reporter.close()
    knocks = door.knocks
    reporting.say("two")
    await asyncio.sleep(0)

    assert door.knocks == knocks
    assert await reporting.lines() == ["one"]


async def test_closing_waits_for_what_is_on_its_way(works: Works, door: Door) -> None:
    reporter = Reporter(works.store, "default", now=works.store.now, stow=kept_nowhere)
    reporting = Reporting(
        works,
        reporter,
        Run(await claimed_job(works), define(lambda: None, name="talks"), reporter, no_memory),
    )
    door.shut()
    reporting.say("one")
    reporter._start()
    await asyncio.sleep(0)
    reporting.say("two")
    closing = asyncio.create_task(reporter.close())
    await asyncio.sleep(0)

    door.open()
    await closing

    assert await reporting.lines() == ["one", "two"]


async def test_a_long_message_is_cut_where_there_is_no_place_for_more(reporting: Reporting) -> None:
    reporting.say("é" * 10_000)
    await reporting.reporter.flush()

    [message] = await reporting.lines()
    assert len(message.encode()) <= 8_192
    assert message.endswith("… (11,808 bytes more)")
