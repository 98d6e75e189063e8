"""`beltline triggers`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shop import Terminal

CREATE = ("triggers", "create", "uploads", "resize", "--secret", "env:HOOK", "--field", "width=body.size")


def test_a_trigger_is_made_tried_paused_and_deleted(any_cli: Terminal) -> None:
    made = any_cli(*CREATE, "--when", "body.size > 3", "--dedupe", "body.id", "--json").json
    Path("body.json").write_text('{"id": 1, "size": 5}', "utf-8")

    tried = any_cli("triggers", "test", "uploads", "--body", "body.json", "--json").json
    Path("body.json").write_text('{"id": 1, "size": 2}', "utf-8")
    unwanted = any_cli("triggers", "test", "uploads", "--body", "body.json")
    paused = any_cli("triggers", "pause", "uploads")
    [listed] = any_cli("triggers", "ls", "--json").json["items"]
    shown = any_cli("triggers", "show", "uploads")
    deleted = any_cli("triggers", "delete", "uploads")

    assert (made["id"], made["state"], made["settings"]["secret"]) == ("uploads", "active", "env:HOOK")
    assert (tried["makes_job"], tried["payload"]) == (True, {"width": 5})
    assert "no job" in unwanted.err
    assert paused.err == "trigger uploads is paused\n"
    assert listed["state"] == "paused"
    assert "body.size > 3" in shown.out
    assert deleted.err == "trigger uploads is deleted\n"
    assert any_cli("triggers", "show", "uploads").code == 3


def test_what_waits_for_a_window_is_explained(any_cli: Terminal) -> None:
    any_cli(*CREATE, "--debounce", "10s/1m")
    any_cli("triggers", "pause", "uploads")

    told = any_cli("triggers", "explain", "uploads")
    found = any_cli("triggers", "explain", "uploads", "--json").json

    assert (
        told.out == "trigger uploads: 0 events wait; it is paused: what it holds waits until it is resumed\n"
    )
    assert "beltline triggers resume uploads" in told.err
    assert (found["id"], found["number"], found["events"]) == ("uploads", 0, [])


def test_what_cannot_be_is_told_and_nothing_stored(cli: Terminal) -> None:
    ran = cli("triggers", "create", "uploads", "resize", "--secret", "hunter2", "--field", "width=body.")

    assert ran.code == 2
    assert "never stored" in ran.err
    assert "payload.width 'body.'" in ran.err
    assert "hunter2" not in ran.err
    assert cli("triggers", "ls", "--json").json["items"] == []


def test_each_kind_is_made_and_listed_with_what_it_waits_for(cli: Terminal) -> None:
    made = [
        cli(*line.split(), "--json").json
        for line in (
            "triggers create after resize --kind outcome --of load --state failed --field width=job.attempts",
            "triggers create files resize --kind object --place /srv/in --glob *.pdf --settle 3s",
            "triggers create orders resize --kind message --source spool:///srv/orders --gather 5/10s/items",
        )
    ]

    listed = cli("triggers", "ls").out

    assert made[0]["settings"]["states"] == ["failed"]
    assert made[1]["settings"]["settle"] == 3.0
    assert made[2]["settings"]["window"] == {"gather": {"most": 5, "within": 10.0, "field": "items"}}
    for words in ("load failed", "*.pdf in /srv/in", "spool:///srv/orders"):
        assert words in listed


def test_a_trigger_is_edited_and_shown_with_its_events(cli: Terminal) -> None:
    cli(*CREATE)

    cli("triggers", "edit", "uploads", "--throttle", "5/1m/drop", "--when", "body.size > 1")
    edited = cli("triggers", "edit", "uploads", "--clear", "when", "--json").json
    shown = cli("triggers", "show", "uploads", "--json").json

    assert edited["settings"]["window"] == {"throttle": {"most": 5, "per": 60.0, "extra": "drop"}}
    assert "when" not in edited["settings"]
    assert [(each["outcome"], each["events"]) for each in shown["events"]] == [("waiting", 0)]
    assert shown["refused"] == []


def test_options_of_another_kind_and_two_windows_are_refused(cli: Terminal) -> None:
    foreign = cli("triggers", "create", "a", "resize", "--kind", "object", "--place", "/in", "--of", "load")
    double = cli(*CREATE, "--debounce", "1s", "--throttle", "1/1m")
    bad = cli(*CREATE, "--debounce", "soon")

    assert (foreign.code, double.code, bad.code) == (2, 2, 2)
    assert "unknown fields of; known are changes" in foreign.err
    assert "a trigger has one window" in double.err
    assert "quiet 'soon' is not a duration" in bad.err


def test_a_secret_is_rotated_with_overlap(cli: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    cli(*CREATE)
    missing = cli("triggers", "rotate", "uploads", "env:HOOK_2")
    monkeypatch.setenv("HOOK_2", "next")

    told = cli("triggers", "rotate", "uploads", "env:HOOK_2", "--overlap", "1h")
    shown = cli("triggers", "show", "uploads", "--json").json
    at_once = cli("triggers", "rotate", "uploads", "env:HOOK_2", "--overlap", "0s", "--json").json

    assert missing.code != 0
    assert "secret_missing" in missing.err
    assert "and the former one till" in told.err
    assert shown["settings"].items() >= {"secret": "env:HOOK_2", "former_secret": "env:HOOK"}.items()
    assert "former_secret" not in at_once["settings"]
