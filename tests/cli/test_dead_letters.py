"""`beltline dead-letters`."""

from __future__ import annotations

import pytest

from beltline.core.states import JobState
from tests.cli.shop import Shop, Terminal


def dead(cli: Terminal, shop: Shop, *words: str) -> str:
    """Return the id of a job that has failed for good."""
    job_id = cli("submit", "resize", *words).out.strip()
    shop.fail()
    return job_id


def test_dead_letters_are_listed_with_what_went_wrong(any_cli: Terminal, any_shop: Shop) -> None:
    job_id = dead(any_cli, any_shop)
    any_cli("submit", "resize")
    any_shop.succeed()

    head, row = any_cli("dead-letters", "ls").lines
    item = any_cli("dead-letters", "ls", "--json").json["items"][0]

    assert head.split() == ["ID", "STATE", "DEFINITION", "ERROR", "MESSAGE", "FINGERPRINT", "ENDED"]
    assert row.startswith(job_id)
    assert "ValueError" in row
    assert item["id"] == job_id
    assert item["error"]["type"] == "ValueError"
    assert item["error"]["fingerprint"] in row


def test_dead_letters_are_filtered(cli: Terminal, shop: Shop) -> None:
    bulk = dead(cli, shop, "--queue", "bulk")
    dead(cli, shop)

    assert [job["id"] for job in cli("dlq", "ls", "--queue", "bulk", "--json").json["items"]] == [bulk]
    assert cli("dlq", "ls", "--state", "timed_out", "--json").json["items"] == []
    assert cli("dlq", "ls", "--state", "succeeded").code == 2


def test_show_tells_the_error_and_the_payload(cli: Terminal, shop: Shop) -> None:
    job_id = dead(cli, shop, '{"width": 13}')

    text = cli("dlq", "show", job_id).out

    assert "ValueError: 13 brings" in text
    assert '"width": 13' in text
    assert cli("dlq", "show", job_id, "--json").json["id"] == job_id


def test_show_of_a_job_that_is_no_dead_letter_says_what_it_is(cli: Terminal) -> None:
    job_id = cli("submit", "resize").out.strip()

    ran = cli("dlq", "show", job_id)

    assert ran.code == 3
    assert "is queued" in ran.err


def test_a_replayed_dead_letter_is_queued_again(any_cli: Terminal, any_shop: Shop) -> None:
    job_id = dead(any_cli, any_shop)

    ran = any_cli("dead-letters", "replay", job_id, "--why", "repaired")

    assert ran.code == 0
    assert ran.out == f"{job_id} queued (replayed)\n"
    assert any_cli("dlq", "ls", "--json").json["total"] == 0


def test_retry_replays_a_dead_letter_too(cli: Terminal, shop: Shop) -> None:
    assert cli("jobs", "retry", dead(cli, shop)).code == 0


def test_all_that_a_filter_leaves_are_replayed(cli: Terminal, shop: Shop) -> None:
    bulk = [dead(cli, shop, "--queue", "bulk") for _ in range(3)]
    other = dead(cli, shop)

    ran = cli("dlq", "replay", "--all", "--queue", "bulk", "--json")

    assert (ran.json["state"], ran.json["total"], ran.json["replayed"]) == ("done", 3, 3)
    assert {shop.job(job_id).state for job_id in bulk} == {JobState.QUEUED}
    assert shop.job(other).state is JobState.FAILED


def test_to_replay_all_of_nothing_is_no_error(cli: Terminal) -> None:
    ran = cli("dlq", "replay", "--all", "--json")

    assert (ran.code, ran.json["state"], ran.json["replayed"]) == (0, "done", 0)


@pytest.mark.parametrize(
    "words", [(), ("--all", "x"), ("x", "--queue", "bulk")], ids=["none", "both", "filter"]
)
def test_replay_takes_ids_or_all(words: tuple[str, ...], cli: Terminal) -> None:
    assert cli("dlq", "replay", *words).code == 2


def test_a_discarded_dead_letter_is_hidden_and_not_replayed(any_cli: Terminal, any_shop: Shop) -> None:
    job_id = dead(any_cli, any_shop)

    assert any_cli("dlq", "discard", job_id).code == 0
    assert any_cli("dlq", "ls", "--json").json["items"] == []
    assert [job["id"] for job in any_cli("dlq", "ls", "--discarded", "--json").json["items"]] == [job_id]
    assert any_cli("dlq", "replay", job_id).code == 1


@pytest.mark.parametrize("verb", ["replay", "discard"])
def test_a_job_that_is_no_dead_letter_is_left_alone(verb: str, cli: Terminal, shop: Shop) -> None:
    job_id = cli("submit", "resize").out.strip()

    ran = cli("dlq", verb, job_id)

    assert ran.code == 1
    assert "transition_invalid" in ran.err
    assert shop.job(job_id).state is JobState.QUEUED
