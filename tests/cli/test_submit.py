"""`beltline submit`."""

from __future__ import annotations

from pathlib import Path

import pytest

from beltline.core.states import JobState
from tests.cli.shop import APP, Shop, Terminal


def test_a_submitted_job_is_stored_and_its_id_printed(any_cli: Terminal, any_shop: Shop) -> None:
    ran = any_cli("submit", "resize", '{"width": 64}')

    assert ran.code == 0
    job = any_shop.job(ran.out.strip())
    assert job.state is JobState.QUEUED
    assert job.payload == b'{"width": 64}'
    assert job.actor is not None
    assert job.actor.startswith("cli:")


def test_json_prints_the_job(cli: Terminal) -> None:
    job = cli("submit", "resize", "--json").json

    assert job["state"] == "queued"
    assert job["payload"] == {}
    assert job["existing"] is False


def test_a_payload_is_read_from_a_file_or_from_standard_input(cli: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "payload.json"
    file.write_bytes(b'{"width": 1}')

    assert cli("submit", "resize", "--payload-file", str(file), "--json").json["payload"] == {"width": 1}
    assert cli("submit", "resize", "-", "--json", stdin=b'{"width": 2}').json["payload"] == {"width": 2}


def test_every_option_reaches_the_job(cli: Terminal) -> None:
    words = "--delay 1h --priority 7 --label a=1 --label b=x=y --queue bulk"

    words += " --deadline 2h --expires 90 --timeout 5s --key k --json"
    words += " --retry max_attempts=3,backoff=fixed,base=2s"

    job = cli("submit", "resize", *words.split()).json

    assert job["state"] == "scheduled"
    assert job["priority"] == 7
    assert job["labels"] == {"a": "1", "b": "x=y"}
    assert job["queue"] == "bulk"
    assert job["timeout_s"] == 5
    assert job["max_attempts"] == 3
    assert job["retry"] == {"backoff": "fixed", "base_s": 2, "cap_s": 600}
    assert job["idempotency_key"] == "k"
    assert job["run_at"] < job["deadline_at"]
    assert job["created_at"] < job["expires_at"] < job["run_at"]


def test_a_job_may_run_at_a_moment(cli: Terminal) -> None:
    job = cli("submit", "resize", "--run-at", "2999-01-01T00:00:00+00:00", "--json").json

    assert job["run_at"] == "2999-01-01T00:00:00.000000Z"


def test_the_same_key_means_the_same_job(cli: Terminal) -> None:
    first = cli("submit", "resize", "--key", "once")
    second = cli("submit", "resize", "--key", "once")

    assert first.out == second.out
    assert "exists already" in second.err


def test_the_same_key_with_another_payload_is_a_conflict(cli: Terminal) -> None:
    cli("submit", "resize", "--key", "once")

    ran = cli("submit", "resize", '{"width": 5}', "--key", "once", "--json")

    assert ran.code == 1
    assert ran.error["code"] == "key_reused"


def test_the_same_content_means_the_same_job(cli: Terminal) -> None:
    first = cli("submit", "resize", '{"width": 5}', "--dedupe", "content")

    assert cli("submit", "resize", '{"width": 5}', "--dedupe", "content").out == first.out


def test_an_unknown_definition_is_not_found(cli: Terminal) -> None:
    ran = cli("submit", "sharpen", "--json")

    assert ran.code == 3
    assert ran.error["code"] == "definition_unknown"
    assert "beltline definitions apply" in ran.error["message"]


@pytest.mark.parametrize("where", [(), ("--app", APP)], ids=["store", "app"])
def test_every_fault_of_a_payload_is_listed_with_its_path(where: tuple[str, ...], cli: Terminal) -> None:
    ran = cli("submit", "resize", '{"width": "wide", "colour": 1}', *where, "--json")

    assert ran.code == 2
    assert ran.error["code"] == "payload_invalid"
    assert {fault["path"] for fault in ran.error["faults"]} == {"payload.width", "payload.colour"}


@pytest.mark.parametrize("where", [(), ("--app", APP)], ids=["store", "app"])
def test_faults_of_options_and_payload_are_told_at_once(where: tuple[str, ...], cli: Terminal) -> None:
    ran = cli("submit", "resize", '{"width": "wide"}', "--priority=9999", "--label=a b=c", *where, "--json")

    assert ran.code == 2
    assert ran.error["code"] == "payload_invalid"
    assert {fault["path"] for fault in ran.error["faults"]} == {
        "priority",
        'labels["a b"]',
        "payload.width",
    }
    assert "priority 9999: use a whole number" in ran.error["message"]

    assert cli("jobs", "ls", "--json").json["total"] == 0


@pytest.mark.parametrize(
    "payload",
    [
        b'{"width": 1, "width": 2}',
        b'{"width": NaN}',
        b'{"width": "\\ud800"}',
        b'{"width": 1',
        b"\xff",
        b"[1]",
        b"",
    ],
    ids=["twice", "nan", "surrogate", "cut", "utf8", "list", "empty"],
)
def test_a_payload_that_is_no_clean_json_object_is_refused(payload: bytes, cli: Terminal) -> None:
    ran = cli("submit", "resize", "-", stdin=payload)

    assert ran.code == 2
    assert ran.err.startswith("error [")
    assert cli("jobs", "ls", "--json").json["total"] == 0


def test_a_payload_that_is_too_large_is_refused(cli: Terminal) -> None:
    large = b'{"width": ' + b" " * 1_100_000 + b"1}"

    ran = cli("submit", "resize", "-", stdin=large, BELTLINE_OBJECTS_LIMIT="1MiB")

    assert ran.code == 2
    assert "payload_too_large" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("--delay", "soon"),
        ("--delay", "1h", "--run-at", "2999-01-01T00:00:00+00:00"),
        ("--run-at", "tomorrow"),
        ("--run-at", "2999-01-01T00:00:00"),
        ("--priority", "9999"),
        ("--priority", "high"),
        ("--label", "lonely"),
        ("--id", "a b"),
        ("--id", "a", "--key", "k"),
        ("--dedupe", "name"),
        ("--wait=later",),
        ("{}", "--payload-file", "/dev/null"),
        ("--payload-file", "/no/such/file"),
        ("--each", "/dev/null", "--key", "k"),
    ],
    ids=" ".join,
)
def test_a_wrong_option_is_refused_and_nothing_stored(words: tuple[str, ...], cli: Terminal) -> None:
    ran = cli("submit", "resize", *words)

    assert ran.code == 2
    assert ran.err
    assert cli("jobs", "ls", "--json").json["total"] == 0


def test_an_app_given_defines_the_job_where_the_store_knows_nothing(
    terminal: Terminal, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"

    ran = terminal("submit", "resize", '{"width": 9}', "--app", APP, "--store", url, "--json")

    assert ran.code == 0
    assert ran.json["queue"] == "images"


def test_each_line_of_a_file_becomes_a_job(any_cli: Terminal) -> None:
    ran = any_cli("submit", "resize", "--each", "-", stdin=b'{"width": 1}\n\n{"width": 2}\n')

    assert ran.code == 0
    jobs = any_cli("jobs", "ls", "--json").json["items"]
    assert sorted(job["id"] for job in jobs) == sorted(ran.lines)
    assert {job["payload"]["width"] for job in jobs} == {1, 2}


def test_one_faulty_line_keeps_all_from_being_stored(cli: Terminal) -> None:
    ran = cli("submit", "resize", "--each", "-", stdin=b'{"width": 1}\n{"width": "x"}\n{"wide": 1}\n')

    assert ran.code == 2
    assert "2 of 3 payloads refused, nothing stored" in ran.err
    assert "line 2:" in ran.err
    assert "line 3:" in ran.err
    assert cli("jobs", "ls", "--json").json["total"] == 0


def test_each_goes_by_the_app_too(cli: Terminal) -> None:
    assert cli("submit", "resize", "--each", "-", "--app", APP, stdin=b'{"width": "x"}').code == 2
    assert cli("submit", "resize", "--each", "-", "--app", APP, "--json", stdin=b"{}").json["total"] == 1


def test_to_wait_for_a_job_that_succeeded_prints_its_result(cli: Terminal, shop: Shop) -> None:
    cli("submit", "resize", "--key", "once")
    shop.succeed(b'{"width":256}')

    ran = cli("submit", "resize", "--key", "once", "--wait")

    assert ran.code == 0
    assert ran.out == '{"width":256}\n'


def test_to_wait_for_a_job_that_failed_tells_why(cli: Terminal, shop: Shop) -> None:
    cli("submit", "resize", "--key", "once")
    shop.fail()

    ran = cli("submit", "resize", "--key", "once", "--wait", "--json")

    assert ran.code == 1
    assert ran.json["state"] == "failed"
    assert ran.error["code"] == "job_failed"
    assert "bad luck" in ran.error["message"]


def test_to_wait_ends_in_time(cli: Terminal) -> None:
    ran = cli("submit", "resize", "--wait=10ms")

    assert ran.code == 1
    assert "result_timeout" in ran.err
