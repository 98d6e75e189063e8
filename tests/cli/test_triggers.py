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


def test_what_cannot_be_is_told_and_nothing_stored(cli: Terminal) -> None:
    ran = cli("triggers", "create", "uploads", "resize", "--secret", "hunter2", "--field", "width=body.")

    assert ran.code == 2
    assert "never stored" in ran.err
    assert "payload.width 'body.'" in ran.err
    assert "hunter2" not in ran.err
    assert cli("triggers", "ls", "--json").json["items"] == []


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
