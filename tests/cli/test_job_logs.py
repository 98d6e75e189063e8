"""`jobs logs`: printed, searched, followed."""

from __future__ import annotations

import json
import subprocess
import sys

from beltline.store.log_limit import LogLimit
from beltline.store.log_lines import NewLogLine
from tests.cli.shop import NAMESPACE, Shop, Terminal


def submit(cli: Terminal, *words: str) -> str:
    return cli("submit", "resize", *words).out.strip()


def test_logs_are_printed_in_order_and_paged(any_cli: Terminal, any_shop: Shop) -> None:
    job_id = submit(any_cli)
    lines = [NewLogLine(job_id, 1, 1_000_000 * n, "info", f"line {n}", f'{{"n":{n}}}') for n in range(1, 4)]
    any_shop.on_store(lambda store: store.logs.append(NAMESPACE, lines))

    text = any_cli("jobs", "logs", job_id).lines
    page = any_cli("jobs", "logs", job_id, "--limit", "2", "--json").json
    rest = any_cli("jobs", "logs", job_id, "--after", str(page["next"]), "--json").json

    assert text[0] == "1970-01-01 00:00:01.000Z run 1 info    line 1 n=1"
    assert [line["message"] for line in page["items"] + rest["items"]] == ["line 1", "line 2", "line 3"]
    assert page["total"] == 3
    assert rest["next"] is None


def said(shop: Shop, job_id: str, *lines: tuple[str, str], **limits: int) -> None:
    """Log lines of (level, message)."""
    written = [NewLogLine(job_id, 1, 0, level, message, "") for level, message in lines]
    shop.on_store(lambda store: store.logs.append(NAMESPACE, written, keep=LogLimit(**limits)))


def test_logs_are_searched_by_text_and_by_level(any_cli: Terminal, any_shop: Shop) -> None:
    job_id = submit(any_cli)
    said(
        any_shop,
        job_id,
        ("debug", "Opening"),
        ("info", "open door"),
        ("error", "OPEN flame"),
        ("warning", "x"),
    )

    by_text = any_cli("jobs", "logs", job_id, "--grep", "open", "--level", "info", "--json").json

    assert [line["message"] for line in by_text["items"]] == ["open door", "OPEN flame"]
    assert [line.split()[-1] for line in any_cli("jobs", "logs", job_id, "--level", "warning").lines] == [
        "flame",
        "x",
    ]


def test_lines_that_were_dropped_are_told(any_cli: Terminal, any_shop: Shop) -> None:
    job_id = submit(any_cli)
    for number in range(5):
        said(any_shop, job_id, ("info", str(number)), lines=3)

    ran = any_cli("jobs", "logs", job_id)

    assert "2 older lines were dropped" in ran.err
    assert [line.split()[-1] for line in ran.lines] == ["2", "3", "4"]
    assert any_cli("jobs", "logs", job_id, "--json").json["dropped"] == 2


def test_a_log_is_followed_until_the_job_is_final(any_cli: Terminal, any_shop: Shop) -> None:
    job_id = submit(any_cli)
    argv = [sys.executable, "-m", "beltline.cli", "jobs", "logs", job_id, "--follow", "--json"]
    follower = subprocess.Popen(
        [*argv, "--store", any_shop.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert follower.stdout is not None
    said(any_shop, job_id, ("info", "first"))
    first = json.loads(follower.stdout.readline())

    said(any_shop, job_id, ("info", "second"))
    second = json.loads(follower.stdout.readline())
    any_shop.succeed()

    rest, errors = follower.communicate(timeout=60)
    assert [first["message"], second["message"]] == ["first", "second"]
    assert (rest, errors, follower.returncode) == ("", "", 0)


def test_the_log_of_a_job_that_is_final_is_followed_to_its_end(cli: Terminal, shop: Shop) -> None:
    job_id = submit(cli)
    said(shop, job_id, ("info", "all"), ("debug", "hidden"))
    shop.succeed()

    ran = cli("jobs", "logs", job_id, "-f", "--level", "info")

    assert ran.code == 0
    assert [line.split()[-1] for line in ran.lines] == ["all"]


def test_a_log_that_nobody_has_cannot_be_followed(cli: Terminal) -> None:
    assert cli("jobs", "logs", "nope", "--follow").code == 3
