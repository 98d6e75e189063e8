"""`beltline dev`, as real processes in a folder of their own."""

from __future__ import annotations

import os
import pty
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from beltline.core.reasons import Reason
from beltline.core.states import JobState
from tests.cli.developing import Dev
from tests.cli.shop import Shop


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[Dev]:
    made = Dev(tmp_path)
    made.write("one")
    yield made
    made.kill()


def test_it_says_what_a_newcomer_needs(dev: Dev) -> None:
    dev.start()

    loaded, ready = dev.until("loaded"), dev.until("ready")

    assert loaded["store"] == dev.url
    # The URL itself, with its password, is for the service alone.
    assert "url" not in loaded
    assert loaded["submit"] == ["beltline submit answer '{}'"]
    assert ready["definitions"] == ["answer"]


def test_rest_is_served_beside_it_with_a_key_that_ends_with_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        dev = Dev(tmp_path, "--port", port)
        dev.write("one")
        try:
            dev.start()
            served = dev.until("serving")
            headers = {"Authorization": f"Bearer {served['api_key']}"}
            found = httpx2.get(f"{served['url']}/api/v1/namespaces/default/definitions", headers=headers)
            described = httpx2.get(served["docs"])
            dev.write("two")
            dev.until("ready", lambda found: found["generation"] == 2)
            after = httpx2.get(f"{served['url']}/api/v1/namespaces/default/jobs", headers=headers)
            assert dev.stop() == 0
        finally:
            dev.kill()

    assert served["url"].startswith("http://127.0.0.1:")
    assert port not in served["url"]
    assert [item["id"] for item in found.json()["items"]] == ["answer"]
    assert (described.status_code, after.status_code) == (200, 200)
    [key] = Shop(dev.url).on_store(lambda store: store.api_keys.page("default"))
    assert (key.name, key.revoked_at is None) == ("beltline dev", False)


def test_jobs_are_shown_from_their_start_to_their_end_with_what_they_print(dev: Dev) -> None:
    dev.start()
    dev.until("ready")

    job_id = dev.submit()

    assert dev.until("started")["id"] == job_id
    assert dev.until("ended")["state"] == "succeeded"
    dev.stop()
    assert "answering" in [found["text"] for found in dev.seen if found["event"] == "output"]


def test_a_change_brings_new_code_and_a_running_job_keeps_the_old(dev: Dev) -> None:
    dev.start()
    dev.until("watching")
    gate = dev.folder / "gate"
    slow = dev.submit(gate=str(gate))
    dev.until("started")

    dev.write("two")
    dev.until("ready", lambda found: found["generation"] == 2)
    quick = dev.submit()
    dev.until("ended", lambda found: found["id"] == quick)
    gate.touch()
    dev.until("ended", lambda found: found["id"] == slow)
    gone = dev.until("gone")

    shop = Shop(dev.url)
    assert [shop.job(job_id).result for job_id in (slow, quick)] == [b'"one"', b'"two"']
    assert [shop.job(job_id).runs for job_id in (slow, quick)] == [1, 1]
    assert (gone["generation"], gone["code"]) == (1, 0)


def test_bodies_that_want_a_process_have_one(dev: Dev) -> None:
    dev.write("one", more="@belt.job(mode='process')\ndef elsewhere() -> int:\n    return os.getpid()")
    dev.start()
    ready = dev.until("ready")

    job_id = dev.submit("elsewhere")

    assert dev.until("ended")["state"] == "succeeded"
    assert Shop(dev.url).job(job_id).result != str(ready["pid"]).encode()


def test_code_that_does_not_load_is_told_and_the_old_code_goes_on(dev: Dev) -> None:
    dev.start()
    dev.until("watching")

    dev.write("two", more="1 / 0")

    assert "ZeroDivisionError" in dev.until("refused")["message"]
    assert dev.until("kept")["generation"] == 1
    job_id = dev.submit()
    dev.until("ended")
    assert Shop(dev.url).job(job_id).result == b'"one"'


def test_code_that_never_loaded_is_mended_while_it_waits(dev: Dev) -> None:
    dev.write("one", more="1 / 0")
    dev.start()
    assert dev.until("kept")["generation"] is None
    dev.until("watching")

    dev.write("two")

    assert dev.until("ready")["generation"] == 2


def test_a_body_that_ends_the_worker_is_known_at_once(dev: Dev) -> None:
    dev.write("one", more="@belt.job(max_crashes=1)\nasync def fatal() -> None:\n    os._exit(3)")
    dev.start()
    dev.until("ready")

    job_id = dev.submit("fatal")

    assert dev.until("restarting")["in_s"] == 0
    dev.until("ready", lambda found: found["generation"] == 2)
    job = Shop(dev.url).job(job_id)
    assert (job.state, job.reason, job.runs) == (JobState.FAILED, Reason.WORKER_LOST, 1)


def test_a_worker_that_dies_is_begun_anew(dev: Dev) -> None:
    dev.start()
    worker = dev.until("ready")["pid"]

    os.kill(worker, signal.SIGKILL)

    assert dev.until("restarting")["code"] == -signal.SIGKILL
    assert dev.until("ready")["pid"] != worker


def test_the_end_gives_running_jobs_back_and_leaves_no_process(dev: Dev) -> None:
    dev.start()
    worker = dev.until("ready")["pid"]
    job_id = dev.submit(gate=str(dev.folder / "never"))
    dev.until("started")

    assert dev.stop() == 0

    job = Shop(dev.url).job(job_id)
    assert (job.state, job.reason.value, job.attempts_used) == (JobState.QUEUED, "drained", 0)
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_who_kills_it_kills_its_worker(dev: Dev) -> None:
    dev.start()
    end = os.pidfd_open(dev.until("ready")["pid"])

    dev.kill()

    assert select.select([end], [], [], 30)[0]
    os.close(end)


def test_without_a_terminal_events_are_lines(dev: Dev) -> None:
    env = {**os.environ, "BELTLINE_STORE": dev.url}
    argv = [sys.executable, "-m", "beltline.cli", "dev", "app.py", "--no-reload"]
    process = subprocess.Popen(argv, cwd=dev.folder, env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = ""
    while "is ready after" not in said:
        said += process.stdout.readline()

    process.send_signal(signal.SIGINT)

    said += process.communicate(timeout=60)[0]
    assert process.returncode == 0
    assert "beltline submit answer '{}'" in said
    assert "\x1b" not in said


def test_on_a_terminal_the_state_stands_in_the_last_line(dev: Dev) -> None:
    main_end, end = pty.openpty()
    env = {**os.environ, "BELTLINE_STORE": dev.url, "TERM": "xterm", "COLUMNS": "140"}
    argv = [sys.executable, "-m", "beltline.cli", "dev", "app.py"]
    process = subprocess.Popen(argv, cwd=dev.folder, env=env, stdout=end, stderr=end)
    os.close(end)
    said = ""
    while "code 1 · 0 running" not in said:
        said += os.read(main_end, 65_536).decode("utf-8", "replace")

    process.send_signal(signal.SIGINT)

    assert process.wait(60) == 0
    assert "\x1b[2K" in said
    os.close(main_end)


def test_an_option_that_is_wrong_is_refused_at_once(dev: Dev) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "beltline.cli", "dev", "app.py", "--store", "mysql://me:s3cret@host/db"],
        cwd=dev.folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 2
    assert "s3cret" not in ran.stdout + ran.stderr
