"""`beltline dead-letters replay` of groups and filters, `runs`, `show-run` and `cancel-run`."""

from __future__ import annotations

import pytest

from beltline.core.states import JobState
from tests.cli.shop import NAMESPACE, Shop, Terminal
from tests.cli.test_dead_groups import dead, group_of


def test_a_dry_run_tells_how_many_which_and_what_is_wrong(any_cli: Terminal, any_shop: Shop) -> None:
    letters = [dead(any_cli, any_shop) for _ in range(2)]

    plan = any_cli("dlq", "replay", "--group", group_of(any_cli), "--dry-run", "--json").json
    text = any_cli("dlq", "replay", "--all", "--dry-run")
    one = any_cli("dlq", "replay", letters[0], "--dry-run").out

    assert plan == {"total": 2, "ids": letters, "checked": 2, "faulty": []}
    assert text.lines == ["2 dead letters would be replayed", *(f"  {letter}" for letter in letters)]
    assert text.err == "nothing was changed\n"
    assert one.startswith("1 dead letter would be replayed")
    assert {any_shop.job(letter).state for letter in letters} == {JobState.FAILED}
    assert any_cli("dlq", "runs", "--ended", "--json").json["items"] == []


def test_a_detached_run_is_listed_shown_and_cancelled(any_cli: Terminal, any_shop: Shop) -> None:
    for _ in range(2):
        dead(any_cli, any_shop)
    group = group_of(any_cli)

    begun = any_cli(
        "dlq", "replay", "--group", group, "--rate", "1/h", "--stop-on-same-error", "--detach", "--json"
    ).json
    head, row = any_cli("dlq", "runs").lines
    text = any_cli("dlq", "show-run", begun["id"]).out
    ended = any_cli("dlq", "cancel-run", begun["id"], "--why", "no", "--json").json

    assert (begun["state"], begun["group"], begun["total"], begun["replayed"]) == ("running", group, 2, 1)
    assert head.split()[:3] == ["RUN", "STATE", "LETTERS"]
    assert row.startswith(begun["id"])
    for part in (group, "1/h", "1 of 2", "stops on same error"):
        assert part in text
    assert (ended["state"], ended["ended_by"].endswith(": no")) == ("cancelled", True)
    assert any_cli("dlq", "cancel-run", begun["id"]).code == 1
    assert any_cli("dlq", "runs", "--json").json["items"] == []
    assert [run["id"] for run in any_cli("dlq", "runs", "--ended", "--json").json["items"]] == [begun["id"]]
    entries = any_shop.on_store(lambda store: store.audit.page(NAMESPACE))
    assert [entry.action for entry in entries] == ["replay_run.start", "replay_run.cancel"]


def test_a_run_that_is_followed_ends_with_what_became_of_it(any_cli: Terminal, any_shop: Shop) -> None:
    letters = [dead(any_cli, any_shop) for _ in range(3)]

    ran = any_cli("dlq", "replay", "--all", "--label", "none=here", "--rate", "1000/s")
    all_of_them = any_cli("dlq", "replay", "--all", "--queue", "images")

    assert (ran.code, "done: 0 of 0 replayed" in ran.out) == (0, True)
    assert (all_of_them.code, "done: 3 of 3 replayed" in all_of_them.out) == (0, True)
    assert {any_shop.job(letter).state for letter in letters} == {JobState.QUEUED}


@pytest.mark.parametrize(
    "words",
    [
        ("--all", "--rate", "fast"),
        ("--all", "--rate", "0/m"),
        ("--all", "--stop-on-same-error"),
        ("--all", "--group", "0123456789ab"),
        ("--all", "--label", "nonsense"),
        ("x", "--rate", "50/m"),
        ("x", "--group", "0123456789ab"),
    ],
)
def test_what_contradicts_itself_is_refused_and_nothing_is_stored(
    words: tuple[str, ...], cli: Terminal, shop: Shop
) -> None:
    job_id = dead(cli, shop)

    assert cli("dlq", "replay", *words).code == 2

    assert shop.job(job_id).state is JobState.FAILED
    assert cli("dlq", "runs", "--ended", "--json").json["items"] == []


@pytest.mark.parametrize(
    "words",
    [
        ("replay", "--group", "0123456789ab"),
        ("replay", "--group", "0123456789ab", "--rate", "5/s", "--detach"),
        ("replay", "--group", "0123456789ab", "--dry-run"),
        ("discard", "--group", "0123456789ab", "--yes"),
        ("show-run", "unknown"),
        ("cancel-run", "unknown"),
    ],
)
def test_what_is_unknown_is_told(words: tuple[str, ...], cli: Terminal) -> None:
    ran = cli("dlq", *words)

    assert ran.code == 3
    assert "beltline dead-letters" in ran.err
