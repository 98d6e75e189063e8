"""`beltline dead-letters groups`, `show-group`, `own`, `note`, `edit`, and discarding by group."""

from __future__ import annotations

import json

import pytest

from beltline.core.states import JobState
from tests.cli.shop import NAMESPACE, Shop, Terminal


def dead(cli: Terminal, shop: Shop, *words: str) -> str:
    """Return the id of a job that has failed for good."""
    job_id = cli("submit", "resize", *words).out.strip()
    shop.fail()
    return job_id


def group_of(cli: Terminal) -> str:
    [group] = cli("dlq", "groups", "--json").json["items"]
    found: str = group["id"]
    return found


def test_equal_failures_are_listed_as_one_group(any_cli: Terminal, any_shop: Shop) -> None:
    first, last = dead(any_cli, any_shop), dead(any_cli, any_shop)

    head, row = any_cli("dead-letters", "groups").lines
    found = any_cli("dead-letters", "groups", "--json").json

    assert head.split() == ["GROUP", "LETTERS", "ERROR", "MESSAGE", "DEFINITIONS", "FIRST", "LAST", "OWNER"]
    [group] = found["items"]
    assert row.split()[:3] == [group["id"], "2", "ValueError"]
    assert (found["total"], found["next"]) == (1, None)
    assert (group["letters"], group["definitions"], group["example"]) == (2, ["resize"], last)
    assert group["first_seen_at"] < group["last_seen_at"]
    assert group["error"]["message"] == "13 brings\x1b[31m bad luck"
    assert first != last


def test_pages_of_groups_go_on_with_a_cursor(cli: Terminal, shop: Shop) -> None:
    dead(cli, shop)

    page = cli("dlq", "groups", "--limit", "1", "--json").json

    assert page["next"] is None
    for cursor in ("x", "1", "-", "1-"):
        assert cli("dlq", "groups", "--before", cursor).code == 2
    assert cli("dlq", "groups", "--before", f"1-{page['items'][0]['id']}", "--json").json["items"] == []


def test_a_group_is_shown_with_what_people_said_and_an_example(any_cli: Terminal, any_shop: Shop) -> None:
    dead(any_cli, any_shop)
    group = group_of(any_cli)

    assert any_cli("dlq", "own", group, "media").code == 0
    noted = any_cli("dlq", "note", group, "13 is out", "--json").json
    text = any_cli("dlq", "show-group", group).out

    assert (noted["owner"], noted["note"]) == ("media", "13 is out")
    assert noted["noted_by"].startswith("cli:")
    for part in (group, "media (said by cli:", "13 is out (cli:", "resize", "ValueError"):
        assert part in text
    assert "\x1b[31m" not in text
    assert any_cli("dlq", "groups", "--owner", "media", "--json").json["total"] == 1
    assert any_cli("dlq", "groups", "--owner", "others", "--json").json["total"] == 0


@pytest.mark.parametrize("words", [("show-group",), ("own", "media"), ("note", "x")])
def test_an_unknown_group_is_refused(words: tuple[str, ...], cli: Terminal) -> None:
    verb, *rest = words

    ran = cli("dlq", verb, "0123456789ab", *rest)

    assert ran.code == 3
    assert "beltline dead-letters groups" in ran.err


def test_words_that_cannot_be_kept_are_refused(cli: Terminal, shop: Shop) -> None:
    dead(cli, shop)
    group = group_of(cli)

    assert cli("dlq", "own", group, "a\nb").code == 2
    assert cli("dlq", "show-group", group, "--json").json["owner"] is None


def test_an_edited_letter_is_replayed_at_once(any_cli: Terminal, any_shop: Shop) -> None:
    job_id = dead(any_cli, any_shop, '{"width": 13}')

    tried = any_cli("dlq", "edit", job_id, '{"width": 14}', "--dry-run", "--json").json
    assert (tried["dry_run"], tried["payload"]) == (True, {"width": 13})
    ran = any_cli("dlq", "edit", job_id, '{"width": 14}', "--replay", "--why", "typo", "--json").json

    assert (ran["state"], ran["payload"], ran["done_steps"]) == ("queued", {"width": 14}, [])
    [claimed] = any_shop.claim()
    assert claimed.payload == b'{"width": 14}'
    entries = any_shop.on_store(lambda store: store.audit.page(NAMESPACE))
    assert [(entry.action, entry.reason) for entry in entries] == [
        ("job.edit", "typo"),
        ("job.replay", "typo"),
    ]


def test_a_payload_that_does_not_fit_changes_nothing(cli: Terminal, shop: Shop) -> None:
    job_id = dead(cli, shop, '{"width": 13}')

    ran = cli("dlq", "edit", job_id, "-", "--json", stdin=b'{"width": "wide", "x": 1}')

    assert ran.code == 2
    assert ran.error["code"] == "payload_invalid"
    assert {fault["path"] for fault in ran.error["faults"]} == {"payload.width", "payload.x"}
    assert json.loads(shop.job(job_id).payload) == {"width": 13}
    assert cli("dlq", "edit", job_id, "no json").code == 2
    assert cli("dlq", "edit", job_id).code == 2
    assert cli("dlq", "edit", "unknown", "{}").code == 3


def test_a_group_is_discarded_only_when_it_is_meant(any_cli: Terminal, any_shop: Shop) -> None:
    job_id = dead(any_cli, any_shop)
    group = group_of(any_cli)

    asked = any_cli("dlq", "discard", "--group", group)
    plan = any_cli("dlq", "discard", "--group", group, "--dry-run", "--json").json
    assert (asked.code, "--yes" in asked.err) == (2, True)
    assert (plan["total"], plan["ids"], plan["faulty"]) == (1, [job_id], [])
    assert any_shop.job(job_id).discarded_at is None

    ran = any_cli("dlq", "discard", "--group", group, "--yes", "--why", "test", "--json")

    assert ran.json == {"discarded": 1}
    assert any_shop.job(job_id).discarded_at is not None
    assert any_cli("dlq", "groups", "--json").json["total"] == 0
    assert any_shop.job(job_id).state is JobState.FAILED
