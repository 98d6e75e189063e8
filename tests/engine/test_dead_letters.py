from __future__ import annotations

import json

import pytest

from beltline.core.codec import payload_hash
from beltline.core.errors import (
    Conflict,
    InvalidInput,
    InvalidPayload,
    InvalidTransition,
    NotFound,
    UnknownDefinition,
)
from beltline.core.states import JobState
from beltline.engine import control, dead_letters
from beltline.store.dead_letters import LetterFilter
from beltline.store.params import Definition
from tests.engine.desk import Desk
from tests.engine.letters import BROKEN, REFUSED, die, print_of

SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"width": {"type": "integer"}},
        "required": ["width"],
        "additionalProperties": False,
    }
)


async def define(desk: Desk) -> None:
    definition = Definition(name="resize", version="1", queue="images", schema=SCHEMA, policies="{}")
    await desk.store.definitions.apply(desk.namespace, [definition], desk.now)


async def test_an_edited_letter_is_replayed_with_its_new_payload(desk: Desk) -> None:
    await define(desk)
    letter = await die(desk)

    edited = await dead_letters.edit(
        desk.store, desk.namespace, letter.id, b'{"width":1}', actor="ann", why="typo"
    )

    assert (edited.state, edited.payload) == (JobState.FAILED, b'{"width":1}')
    await control.replay(desk.store, desk.namespace, letter.id, actor="ann")
    [claimed] = await desk.claim()
    assert (claimed.id, claimed.payload) == (letter.id, b'{"width":1}')
    entry = (await desk.audited())[-2]
    assert (entry.action, entry.reason, entry.target) == ("job.edit", "typo", f"job/{letter.id}")
    assert json.loads(entry.after) == {"payload_hash": payload_hash(b'{"width":1}').hex(), "bytes": 11}


async def test_a_payload_that_does_not_fit_changes_nothing_and_tells_every_fault(desk: Desk) -> None:
    await define(desk)
    letter = await die(desk)

    with pytest.raises(InvalidPayload) as caught:
        await dead_letters.edit(desk.store, desk.namespace, letter.id, b'{"widht":1,"x":2}', actor="ann")

    assert {path for path, _ in caught.value.faults} == {"width", "widht", "x"}
    assert await desk.job(letter.id) == letter
    assert await desk.audited() == []


async def test_only_a_letter_that_is_there_is_edited(desk: Desk) -> None:
    await define(desk)
    gone = await die(desk)
    await control.discard(desk.store, desk.namespace, gone.id, actor="ann")
    queued = await desk.submit()

    for job_id, error in ((gone.id, Conflict), (queued.id, InvalidTransition), ("unknown", NotFound)):
        with pytest.raises(error):
            await dead_letters.edit(desk.store, desk.namespace, job_id, b'{"width":1}', actor="ann")


async def test_without_a_stored_schema_nothing_is_edited(desk: Desk) -> None:
    letter = await die(desk)

    with pytest.raises(UnknownDefinition):
        await dead_letters.edit(desk.store, desk.namespace, letter.id, b"{}", actor="ann")

    assert await desk.job(letter.id) == letter


async def test_a_repeated_submit_of_an_edited_job_is_still_the_same_job(desk: Desk) -> None:
    await define(desk)
    letter = await die(desk, id="chosen-1")
    await dead_letters.edit(desk.store, desk.namespace, letter.id, b'{"width":1}', actor="ann")

    again = await desk.submitted(id="chosen-1")

    assert (again.id, again.outcome) == (letter.id, "existing")


async def test_a_plan_tells_how_many_which_and_what_is_wrong(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "BATCH", 2)
    await define(desk)
    good = [await die(desk) for _ in range(2)]
    bad = await die(desk, payload=b'{"width":"wide"}')
    await die(desk, BROKEN)

    plan = await dead_letters.plan(desk.store, desk.namespace, LetterFilter(fingerprint=print_of(REFUSED)))

    assert (plan.total, plan.checked) == (3, 3)
    assert list(plan.ids) == [*(letter.id for letter in good), bad.id]
    assert [(letter.id, [path for path, _ in letter.faults]) for letter in plan.faulty] == [
        (bad.id, ["width"])
    ]
    assert (await desk.job(bad.id)).state is JobState.FAILED
    assert await desk.audited() == []


async def test_a_plan_says_where_a_definition_is_missing(desk: Desk) -> None:
    letter = await die(desk)

    plan = await dead_letters.plan_of(desk.store, desk.namespace, [letter.id])

    assert "not in the store" in plan.faulty[0].faults[0][1]


async def test_a_group_is_discarded_whole_and_others_stay(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "BATCH", 2)
    letters = [await die(desk) for _ in range(3)]
    other = await die(desk, BROKEN)
    where = LetterFilter(fingerprint=print_of(REFUSED))

    gone = await dead_letters.discard_all(desk.store, desk.namespace, where, actor="ann", why="test data")

    assert gone == 3
    assert all([(await desk.job(letter.id)).discarded_at for letter in letters])
    assert (await desk.job(other.id)).discarded_at is None
    entries = await desk.audited()
    assert [entry.action for entry in entries] == ["dead_letters.discard"] * 2
    assert {(entry.target, entry.reason) for entry in entries} == {
        (f"dead-letters/group={print_of(REFUSED)}", "test data")
    }
    assert sum(json.loads(entry.after)["letters"] for entry in entries) == 3
    assert await dead_letters.discard_all(desk.store, desk.namespace, where, actor="ann") == 0


async def test_words_about_a_group_are_audited_with_what_was_said_before(desk: Desk) -> None:
    await die(desk)
    here = print_of(REFUSED)

    await dead_letters.triage(desk.store, desk.namespace, here, owner="payments", actor="ann")
    group = await dead_letters.triage(desk.store, desk.namespace, here, note="bank down", actor="bob")

    assert (group.owner, group.owned_by, group.note, group.noted_by) == (
        "payments",
        "ann",
        "bank down",
        "bob",
    )
    owned, noted = await desk.audited()
    assert (owned.action, noted.action) == ("dead_group.own", "dead_group.note")
    assert json.loads(noted.before) == {"owner": "payments", "note": ""}
    assert json.loads(noted.after) == {"owner": "payments", "note": "bank down"}


async def test_words_that_cannot_be_kept_are_refused_all_at_once(desk: Desk) -> None:
    await die(desk)

    with pytest.raises(InvalidInput, match=r"owner .*; note"):
        await dead_letters.triage(
            desk.store, desk.namespace, print_of(REFUSED), owner="a\nb", note="x" * 5_000, actor="ann"
        )

    assert await desk.audited() == []


async def test_an_unknown_group_is_named_with_where_to_look(desk: Desk) -> None:
    where = LetterFilter(fingerprint="0123456789ab")
    for call in (
        dead_letters.group(desk.store, desk.namespace, "0123456789ab"),
        dead_letters.triage(desk.store, desk.namespace, "0123456789ab", note="?", actor="ann"),
        dead_letters.plan(desk.store, desk.namespace, where),
        dead_letters.discard_all(desk.store, desk.namespace, where, actor="ann"),
    ):
        with pytest.raises(NotFound, match="dead-letters groups"):
            await call

    assert await desk.audited() == []
