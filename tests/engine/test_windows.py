"""Events that wait for their trigger's window: agreed by all who look, lost by no crash."""

from __future__ import annotations

import json
from typing import Any

import pytest

from beltline.core.clock import MICROS
from beltline.core.errors import InvalidPayload
from beltline.core.window import Debounce, Gather, Throttle, Window
from beltline.definitions.trigger import JobOutcome, Webhook
from beltline.engine import trigger_waits, triggers, windows
from beltline.engine.explain import explain
from beltline.engine.triggers import Call, Made
from tests.engine.desk import Desk
from tests.engine.reacting import Reacting

ENVIRONMENT = {"HOOK": "hidden"}


@pytest.fixture
def reacting(desk: Desk) -> Reacting:
    return Reacting(desk)


async def make(reacting: Reacting, window: Window, **fields: Any) -> None:
    webhook = Webhook(check="key", secret="env:HOOK", header="x-key", window=window, **fields)
    await reacting.make(webhook, name="after")


async def call(reacting: Reacting, **body: Any) -> Made:
    return await triggers.receive(
        reacting.store,
        reacting.namespace,
        "after",
        Call({"x-key": "hidden"}, json.dumps(body).encode()),
        random=reacting.desk.random,
        environment=ENVIRONMENT,
    )


async def test_a_burst_of_calls_becomes_one_job(reacting: Reacting) -> None:
    await make(reacting, Debounce("10s"))

    made = [await call(reacting, width=width) for width in (1, 2, 3)]
    reacting.desk.clock.advance(9 * MICROS)
    early = await reacting.turn()
    reacting.desk.clock.advance(MICROS)
    done = await reacting.turn()

    assert {(each.held, each.job_id) for each in made} == {(True, None)}
    assert (early, done) == (0, 1)
    assert await reacting.payloads() == [{"width": 3}]
    assert await reacting.counts() == {"held": 3, "coalesced": 2, "submitted": 1}


async def test_equal_calls_are_held_once_and_known_after_their_job(reacting: Reacting) -> None:
    await make(reacting, Gather(2, within="10s"), dedupe="body.width")

    await call(reacting, width=1)
    again = await call(reacting, width=1)
    await call(reacting, width=2)
    later = await call(reacting, width=2)

    assert (again.existing, later.existing) == (True, True)
    assert await reacting.payloads() == [{"items": [{"width": 1}, {"width": 2}]}]
    assert await reacting.counts() == {"held": 2, "repeated": 2, "coalesced": 1, "submitted": 1}


async def test_what_is_gathered_becomes_a_job_at_its_time(reacting: Reacting) -> None:
    await make(reacting, Gather(100, within="10s"))
    await call(reacting, width=1)
    reacting.desk.clock.advance(10 * MICROS)

    await reacting.turn()

    assert await reacting.payloads() == [{"items": [{"width": 1}]}]


async def test_what_is_gathered_must_fit_the_definition(reacting: Reacting) -> None:
    await make(reacting, Gather(2, field="width"))

    with pytest.raises(InvalidPayload, match="width"):
        await call(reacting, width=1)

    assert await reacting.counts() == {}


async def test_a_throttle_lets_so_many_through_and_delays_the_rest(reacting: Reacting) -> None:
    await make(reacting, Throttle(2, per="1m"))
    for width in range(5):
        await call(reacting, width=width)
    at_once = len(await reacting.made())
    waiting = (await reacting.counts())["waiting"]

    for _ in range(2):
        reacting.desk.clock.advance(60 * MICROS)
        await reacting.turn()

    assert (at_once, waiting) == (2, 3)
    widths = [payload["width"] for payload in await reacting.payloads()]
    assert sorted(widths) == [0, 1, 2, 3, 4]
    assert set(widths[:2]) == {0, 1}


async def test_a_throttle_that_drops_counts_what_it_drops(reacting: Reacting) -> None:
    await make(reacting, Throttle(1, per="1m", extra="drop"))
    for width in range(3):
        await call(reacting, width=width)

    assert await reacting.payloads() == [{"width": 0}]
    assert await reacting.counts() == {"held": 3, "submitted": 1, "dropped": 2}


async def test_an_event_held_before_a_crash_becomes_a_job(
    reacting: Reacting, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make(reacting, Throttle(5))

    async def crash(*_: object, **__: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(windows, "look", crash)
        with pytest.raises(ConnectionError):
            await call(reacting, width=1)
    before = len(await reacting.made())
    await reacting.turn()

    assert (before, await reacting.payloads()) == (0, [{"width": 1}])


async def test_of_two_looks_at_once_one_writes(reacting: Reacting) -> None:
    await make(reacting, Debounce("1s"))
    await call(reacting, width=1)
    reacting.desk.clock.advance(2 * MICROS)
    party = await reacting.party()
    given = reacting.store, reacting.namespace, party

    first = await windows.look(*given, random=reacting.desk.random)
    second = await windows.look(*given, random=reacting.desk.random)

    assert first is not None
    assert second is None
    assert len(await reacting.made()) == 1


async def test_what_is_held_waits_while_the_trigger_is_paused(reacting: Reacting) -> None:
    await make(reacting, Debounce("1s"))
    await call(reacting, width=1)
    place = reacting.store, reacting.namespace, "after"
    await triggers.set_paused(*place, paused=True, actor="ada")
    reacting.desk.clock.advance(10 * MICROS)
    await reacting.turn()
    before = len(await reacting.made())

    await triggers.set_paused(*place, paused=False, actor="ada")
    await reacting.turn()

    assert (before, len(await reacting.made())) == (0, 1)


async def test_outcomes_pass_a_window_too(reacting: Reacting) -> None:
    rule = JobOutcome(of="resize", payload={"of": "job.id"}, window={"gather": {"most": 2}})
    await reacting.make(rule)
    jobs = [await reacting.end() for _ in range(2)]

    while await reacting.turn():
        continue

    [payload] = await reacting.payloads()
    [made] = await reacting.made()
    assert sorted(each["of"] for each in payload["items"]) == sorted(job.id for job in jobs)
    assert made.labels == {"trigger": "after", "trigger-hops": "1"}


async def test_a_window_is_edited_with_what_it_holds(reacting: Reacting) -> None:
    await make(reacting, Debounce("1d"))
    await call(reacting, width=1)

    row = await triggers.edit(
        reacting.store, reacting.namespace, "after", {"window": {"debounce": {"quiet": 1}}}, actor="ada"
    )
    reacting.desk.clock.advance(MICROS)
    await reacting.turn()

    assert json.loads(row.spec)["window"] == {"debounce": {"quiet": 1.0, "keep": "last"}}
    assert await reacting.payloads() == [{"width": 1}]


async def test_events_used_long_ago_are_forgotten(reacting: Reacting) -> None:
    await make(reacting, Throttle(5), dedupe="body.width")
    await call(reacting, width=1)
    store = reacting.store.triggers

    early = await store.prune(reacting.namespace, reacting.desk.now, 10)
    late = await store.prune(reacting.namespace, reacting.desk.now + 1, 10)

    assert (early, late) == (0, 1)
    assert not (await call(reacting, width=1)).existing


async def test_what_waits_says_when_its_jobs_come(reacting: Reacting) -> None:
    await make(reacting, Throttle(1, per="1m"))
    for width in (1, 2, 3):
        await call(reacting, width=width)
    reacting.desk.clock.advance(10 * MICROS)

    found = await trigger_waits.explain(reacting.store, reacting.namespace, "after")

    now = reacting.desk.now
    assert found.summary == "2 events wait; at most 1 job comes in any 60 s; further events wait their turn"
    assert [now - each.at for each in found.events] == [10 * MICROS, 10 * MICROS]
    assert [(each.job_at or 0) - now for each in found.events] == [50 * MICROS, 110 * MICROS]


async def test_a_trigger_that_is_paused_says_so_of_what_it_holds(reacting: Reacting) -> None:
    await make(reacting, Debounce("10s", longest="1m"))
    await call(reacting, width=1)
    waiting = await trigger_waits.explain(reacting.store, reacting.namespace, "after")
    await triggers.set_paused(reacting.store, reacting.namespace, "after", paused=True, actor="ada")

    paused = await trigger_waits.explain(reacting.store, reacting.namespace, "after")

    assert "one job, 10 s after its last event, at the latest 60 s after its first" in waiting.summary
    assert (waiting.hints, paused.number) == ([], 1)
    assert "paused: what it holds waits until it is resumed" in paused.summary
    assert paused.hints == ["`beltline triggers resume after` lets it go on"]


async def test_a_job_that_has_ended_says_who_holds_its_outcome(reacting: Reacting) -> None:
    await reacting.make(JobOutcome(of="resize", payload={"width": "result.width"}, window=Debounce("10s")))
    ended = await reacting.end()
    await reacting.turn()
    reacting.desk.clock.advance(4 * MICROS)

    held = await explain(reacting.store, reacting.namespace, ended.id)
    reacting.desk.clock.advance(6 * MICROS)
    await reacting.turn()
    done = await explain(reacting.store, reacting.namespace, ended.id)

    assert held.waits == [("event", "trigger/after", "held for 4.0 s", "its job comes in 6.0 s")]
    assert held.hints == ["`beltline triggers explain after` shows all that waits"]
    assert (done.waits, done.hints) == ([], [])
