"""`beltline api-key` and `beltline audit`."""

from __future__ import annotations

import json

from tests.cli.shop import Terminal


def test_a_key_is_made_listed_rotated_and_revoked(any_cli: Terminal) -> None:
    made = any_cli("api-key", "create", "--role", "worker", "--definition", "mail.*", "--json").json

    assert made["key"].startswith(made["prefix"])
    assert (made["role"], made["definitions"], made["state"]) == ("worker", ["mail.*"], "active")

    rotated = any_cli("api-key", "rotate", made["id"], "--overlap", "1h", "--json").json
    assert rotated["id"] != made["id"]
    assert rotated["definitions"] == ["mail.*"]

    any_cli("api-key", "revoke", made["id"], "--why", "lost")
    listed = {key["id"]: key for key in any_cli("api-key", "ls", "--json").json["items"]}
    assert (listed[made["id"]]["state"], listed[rotated["id"]]["state"]) == ("revoked", "active")
    assert "key" not in listed[rotated["id"]]


def test_the_token_alone_goes_to_standard_output(cli: Terminal) -> None:
    said = cli("api-key", "create", "--role", "viewer", "--name", "tv")

    assert said.out.strip().startswith("belt_")
    assert len(said.out.split()) == 1
    assert "tv" in cli("api-key", "ls").out


def test_bad_keys_are_refused(cli: Terminal) -> None:
    assert cli("api-key", "create", "--role", "king").code == 2
    assert cli("api-key", "create", "--role", "viewer", "--definition", "a").code == 2
    assert cli("api-key", "create", "--role", "viewer", "--expires", "soon").code == 2
    assert cli("api-key", "rotate", "none").code == 3
    assert cli("api-key", "revoke", "none").code == 3


def test_the_audit_is_listed_and_verified(any_cli: Terminal) -> None:
    any_cli("queues", "pause", "images", "--why", "full")
    any_cli("queues", "resume", "images")

    first = any_cli("audit", "ls", "--limit", "1", "--json").json
    rest = any_cli("audit", "ls", "--after", str(first["next"]), "--json").json
    verdict = any_cli("audit", "verify", "--json").json

    assert [entry["action"] for entry in first["items"] + rest["items"]] == ["queue.pause", "queue.resume"]
    assert (verdict["verified"], verdict["entries"]) == (True, 2)
    assert json.dumps(verdict["head"])[1:-1] in any_cli("audit", "verify").out
    assert "queue.pause" in any_cli("audit", "ls").out
