"""Triggers from a program: declared in code, or made, tried and steered, also from synchronous code."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from beltline import Beltline, Debounce, Gather, JobOutcome, Message, NewObject, Throttle, Webhook
from beltline.core.errors import ConfigError, Conflict, InvalidInput, NotFound, Unsupported
from beltline.definitions.trigger import rule_of
from beltline.definitions.trigger_rule import Rule
from beltline.engine import triggers
from beltline.engine.definitions import apply_definitions
from beltline.testing.kit import Kit


def shop() -> tuple[Beltline, Any]:
    belt = Beltline()

    @belt.job
    async def load(rows: int = 3) -> int:
        return rows

    @belt.job(trigger=JobOutcome(of="load", payload={"rows": "result"}, window=Debounce("1m")))
    async def report(rows: int) -> int:
        return rows

    belt.trigger(report, Webhook(secret="env:HOOK", window=Throttle(5)), name="calls")
    belt.trigger(load, NewObject(place="/srv/in", payload={"rows": "object.size"}), name="files")
    belt.trigger(load, Message(source="spool:///srv/spool", window=Gather(5, field="rows")), name="orders")
    return belt, load


async def test_declared_triggers_work_on_the_kits_clock() -> None:
    belt, load = shop()

    async with Kit(belt) as kit:
        for rows in (1, 2):
            await load.submit(rows=rows)
        await kit.drain()
        before = await kit.jobs("report")
        await kit.advance("61s")
        [made] = await kit.jobs("report")

    assert before == []
    assert json.loads(made.payload)["rows"] in {1, 2}


async def test_a_program_makes_tries_and_steers_them() -> None:
    belt, load = shop()

    async with Kit(belt) as kit:
        made = await belt.triggers.create("late", "report", JobOutcome(of="load", payload={"rows": "result"}))
        job = await load.submit()
        await kit.drain()
        tried = await belt.triggers.test("late", job=job.id)
        unwanted = await belt.triggers.test("calls", body={"rows": 4}, headers={})
        await belt.triggers.edit("late", when="result > 3")
        paused = await belt.triggers.pause("late", why="noise")
        shown = await belt.triggers.show("late")
        waits = await belt.triggers.explain("late")
        listed = [row.name for row in await belt.triggers.list()]
        resumed = await belt.triggers.resume("late")
        await belt.triggers.delete("late")

        assert (waits.number, waits.events) == (0, [])
        assert (made.kind, tried, unwanted) == ("outcome", {"rows": 3}, {"rows": 4})
        assert (paused.paused, resumed.paused) == (True, False)
        assert ("submitted", 1) in [(each.outcome, each.events) for each in shown.counts]
        assert listed == ["calls", "files", "late", "orders", "report"]
        with pytest.raises(NotFound):
            await belt.triggers.show("late")


def test_synchronous_code_has_the_same(tmp_path: Path) -> None:
    belt = Beltline(f"sqlite:///{tmp_path}/t.db")

    @belt.job
    def load(rows: int = 3) -> int:
        return rows

    async def apply() -> None:
        async with belt:
            await apply_definitions(belt.store, belt.namespace, belt.registry)

    asyncio.run(apply())
    belt.open_sync()
    try:
        belt.triggers.create_sync("calls", "load", Webhook(secret="env:HOOK", payload={"rows": "body.n"}))

        assert belt.triggers.test_sync("calls", body={"n": 2}) == {"rows": 2}
        assert belt.triggers.edit_sync("calls", when="body.n > 2").revision == 2
        assert belt.triggers.test_sync("calls", body={"n": 2}) is None
        assert belt.triggers.pause_sync("calls").paused
        assert not belt.triggers.resume_sync("calls").paused
        assert [row.name for row in belt.triggers.list_sync()] == ["calls"]
        assert belt.triggers.show_sync("calls").row.name == "calls"
        assert belt.triggers.explain_sync("calls").number == 0
        assert belt.triggers.delete_sync("calls").name == "calls"
    finally:
        belt.close_sync()


async def test_a_synchronous_call_on_an_event_loop_is_refused() -> None:
    belt, _ = shop()

    async with Kit(belt):
        with pytest.raises(Unsupported, match="await the asynchronous form"):
            belt.triggers.list_sync()


async def test_a_declaration_keeps_what_operators_did_until_it_changes() -> None:
    belt, _ = shop()
    async with Kit(belt) as kit:
        await belt.triggers.pause("report")
        await belt.triggers.edit("report", when="result > 5")

        async def declare(declared: Beltline) -> list[str]:
            rows = tuple(declared.declared_triggers)
            return await triggers.declare(kit.store, "default", rows, declared.registry.names())

        again = await declare(belt)
        kept = await triggers.fetch(kit.store, "default", "report")
        other = Beltline()

        @other.job(name="report", trigger=JobOutcome(of="load", states="finished"))
        async def report(rows: int) -> int:
            return rows

        changed = await declare(other)
        row = await triggers.fetch(kit.store, "default", "report")

    assert again == []
    assert (kept.paused, '"when":"result > 5"' in kept.spec) == (True, True)
    assert changed == ["calls", "report"]
    assert row.paused
    assert json.loads(row.spec)["states"] == ["cancelled", "failed", "succeeded", "timed_out"]


async def test_what_cannot_be_is_refused_before_anything_is_stored() -> None:
    belt, load = shop()

    with pytest.raises(ConfigError, match="trigger 'files' is declared twice"):
        belt.trigger(load, NewObject(place="/srv/in"), name="files")
    with pytest.raises(ConfigError, match="give a Webhook, JobOutcome, NewObject or Message"):
        belt.trigger(load, "webhook", name="other")  # type: ignore[arg-type]
    async with Kit(belt):
        with pytest.raises(Conflict, match="there is a trigger 'files' already"):
            await belt.triggers.create("files", "load", NewObject(place="/srv/in"))
        with pytest.raises(InvalidInput, match="unknown fields colour"):
            await belt.triggers.edit("files", colour="red")
        with pytest.raises(InvalidInput, match="give the id of a job that has ended"):
            await belt.triggers.test("report", body=1)


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        (lambda: JobOutcome(states=["queued"]), "give some of cancelled, failed, succeeded, timed_out, or"),
        (lambda: JobOutcome(states=[]), "give some of"),
        (lambda: JobOutcome(rounds=0), "rounds 0: use a whole number from 1"),
        (lambda: JobOutcome(of=""), "of '': give a name"),
        (lambda: rule_of("outcome", {"labels": "a"}), "give a mapping of names to texts"),
        (lambda: JobOutcome(when="body.x"), "'body' is unknown; there are error, job, result"),
        (lambda: NewObject(place="in"), "give an absolute path, or a URL"),
        (lambda: NewObject(place="s3://key:secret@bucket"), "it may hold no credentials"),
        (lambda: NewObject(place="/in", every="1ms"), "give at least 100ms"),
        (lambda: NewObject(place="/in", settle="soon"), "settle 'soon' is not a duration"),
        (
            lambda: rule_of("object", {"place": "/in", "existing": "all"}),
            "existing 'all': use 'skip' or 'fire'",
        ),
        (
            lambda: rule_of("object", {"place": "/in", "deleted": "no"}),
            "deleted 'no': use 'forget' or 'keep'",
        ),
        (lambda: NewObject(place="/in", glob=""), "glob '': give a pattern"),
        (lambda: Message(source="orders"), "give a URL like spool:///var/spool/orders"),
        (lambda: Message(source="redis://u:hunter2@host/s"), "it may hold no password"),
        (lambda: Message(source="spool:///in", window={"gather": {}}), "gather needs 'most'"),
    ],
)
def test_a_rule_that_cannot_be_says_what_to_do(made: Callable[[], Rule], fault: str) -> None:
    with pytest.raises(InvalidInput, match=fault) as refused:
        made()

    assert "hunter2" not in str(refused.value)
