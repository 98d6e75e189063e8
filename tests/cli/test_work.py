"""`beltline work`, as real processes."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import pytest

from beltline.core.states import JobState
from tests.architecture.source import REPOSITORY
from tests.cli.shop import APP, NAMESPACE, Shop, Terminal

BLOCKING: Final = """
import time
from beltline import Beltline, Retry
belt = Beltline()

@belt.job(retry=Retry(max_attempts=2, backoff="fixed", base=0.0), timeout="200ms")
async def block() -> None:
    time.sleep(60)
"""


class Worker:
    """A started `beltline work`."""

    def __init__(self, url: str, *words: str, app: str = APP, **variables: str) -> None:
        # The variables of whoever runs the tests are not for the worker.
        env = {name: value for name, value in os.environ.items() if not name.startswith("BELTLINE_")}
        env |= {"BELTLINE_STORE": url, "PYTHONPATH": str(REPOSITORY), **variables}
        argv = [sys.executable, "-m", "beltline.cli", "work", app, *words]
        self.process = subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
        )
        self.said = ""

    def until(self, pattern: str) -> re.Match[str]:
        """Read its log until a line matches."""
        for line in self._log:
            self.said += line
            found = re.search(pattern, line)
            if found:
                return found
        raise AssertionError(f"the worker never said {pattern!r}:\n{self.said}")

    def end(self) -> int:
        """Wait for its end; return the exit code."""
        self.said += self.process.communicate(timeout=60)[1]
        return self.process.returncode

    @property
    def _log(self) -> IO[str]:
        assert self.process.stderr is not None
        return self.process.stderr


@pytest.fixture
def started() -> Iterator[list[Worker]]:
    """The workers that a test starts; what is left of them is killed."""
    workers: list[Worker] = []
    yield workers
    for worker in workers:
        worker.process.kill()
        worker.process.communicate()


def test_until_idle_runs_what_is_due_and_ends_with_0(any_cli: Terminal, any_shop: Shop) -> None:
    good = any_cli("submit", "resize", '{"width": 64}').out.strip()
    bad = any_cli("submit", "resize", '{"width": 13}').out.strip()
    later = any_cli("submit", "resize", "--delay", "1h").out.strip()

    worker = Worker(any_shop.url, "--until-idle")

    assert worker.end() == 0, worker.said
    assert any_shop.job(good).result == b'{"width":64}'
    assert any_shop.job(bad).state is JobState.FAILED
    assert any_shop.job(later).state is JobState.SCHEDULED
    assert [line["message"] for line in any_cli("jobs", "logs", good, "--json").json["items"]] == ["resizing"]


def test_an_app_that_names_its_store_is_worked_there(terminal: Terminal, tmp_path: Path) -> None:
    """Where neither option, variable nor file names one: the store in which the app's own program submits."""
    own = Shop(f"sqlite:///{tmp_path / 'own.db'}")
    text = f"from beltline import Beltline\nbelt = Beltline({own.url!r})\n"
    text += "@belt.job\nasync def greet() -> None: ...\n"
    (tmp_path / "own_app.py").write_text(text, "utf-8")
    job_id = terminal("submit", "greet", "--app", "own_app.py").out.strip()

    worker = Worker("", "--until-idle", app=str(tmp_path / "own_app.py"))

    assert worker.end() == 0, worker.said
    assert own.job(job_id).state is JobState.SUCCEEDED


def test_only_the_queues_asked_for_are_worked(cli: Terminal, shop: Shop) -> None:
    one, other = cli("submit", "resize", "--queue", "one").out.strip(), cli("submit", "resize").out.strip()

    assert Worker(shop.url, "--queues", "one", "--until-idle").end() == 0

    assert shop.job(one).state is JobState.SUCCEEDED
    assert shop.job(other).state is JobState.QUEUED


def test_a_worker_takes_jobs_that_ask_for_what_it_offers(cli: Terminal, shop: Shop) -> None:
    words = ("--resources", "cpu=2,gpu=1", "--tags", "eu")
    ids = [cli("submit", "resize", *words).out.strip() for _ in range(3)]

    assert Worker(shop.url, "--until-idle", "--resources", "auto,cpu=3,gpu=1", "--tags", "eu,ssd").end() == 0

    assert {shop.job(job_id).state for job_id in ids} == {JobState.SUCCEEDED}


def test_several_processes_share_the_work(cli: Terminal, shop: Shop) -> None:
    ids = cli("submit", "resize", "--each", "-", stdin=b"{}\n" * 50).lines

    assert Worker(shop.url, "--processes", "2", "--until-idle").end() == 0

    assert {shop.job(job_id).state for job_id in ids} == {JobState.SUCCEEDED}
    sessions = shop.on_store(lambda store: store.sessions.page(NAMESPACE, ended=True))
    assert len({session.pid for session in sessions}) == 2
    # What was detected is offered once.
    cpus = [json.loads(session.offer or "{}")["resources"]["cpu"] for session in sessions]
    assert sum(cpus) <= (os.cpu_count() or 1)


def test_two_workers_may_have_one_name(any_cli: Terminal, any_shop: Shop) -> None:
    ids = any_cli("submit", "resize", "--each", "-", stdin=b"{}\n" * 20).lines

    workers = [Worker(any_shop.url, "--name", "same", "--until-idle") for _ in range(2)]

    assert [worker.end() for worker in workers] == [0, 0]
    assert {any_shop.job(job_id).runs for job_id in ids} == {1}
    sessions = any_shop.on_store(lambda store: store.sessions.page(NAMESPACE, ended=True))
    assert [session.name for session in sessions] == ["same", "same"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_worker_gives_back_what_does_not_end_in_time(
    number: signal.Signals, cli: Terminal, shop: Shop, started: list[Worker]
) -> None:
    held = cli("submit", "hold", '{"seconds": 60.0}').out.strip()
    started.append(worker := Worker(shop.url, "--drain", "100ms"))
    while shop.job(held).state is not JobState.RUNNING:
        assert worker.process.poll() is None

    worker.process.send_signal(number)

    assert worker.end() == 0, worker.said
    job = shop.job(held)
    assert (job.state, job.reason.value, job.attempts_used) == (JobState.QUEUED, "drained", 0)


def test_who_kills_the_worker_kills_all_of_it(cli: Terminal, shop: Shop, started: list[Worker]) -> None:
    started.append(worker := Worker(shop.url, "--processes", "2"))
    children = [int(worker.until(r"worker (\d+) runs")[1]) for _ in range(2)]
    ends = [os.pidfd_open(child) for child in children]

    worker.process.kill()

    for end in ends:
        assert select.select([end], [], [], 30)[0]
        os.close(end)


def test_a_body_that_blocks_its_process_is_timed_out_and_the_worker_goes_on(
    cli: Terminal, shop: Shop, tmp_path: Path
) -> None:
    (tmp_path / "blocking.py").write_text(BLOCKING, "utf-8")
    cli("definitions", "apply", "blocking.py")
    job_id = cli("submit", "block").out.strip()

    app = str(tmp_path / "blocking.py")
    worker = Worker(shop.url, "--until-idle", "--lease", "1s", app=app, BELTLINE_WORKER_GRACE="500ms")

    assert worker.end() == 0, worker.said
    job = shop.job(job_id)
    assert (job.state, job.reason.value, job.runs) == (JobState.TIMED_OUT, "timeout", 2)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--concurrency", "none"), 2, "flag --concurrency"),
        (("--lease", "0s"), 2, "flag --lease"),
        (("--queues", "a b"), 2, "flag --queues"),
        (("--processes", "0"), 2, "--processes"),
        (("--store", "sqlite:////no/such/folder/x.db"), 4, "store_unavailable"),
        (("--store", "mysql://me:s3cret@host/db"), 2, "config_invalid"),
    ],
)
def test_a_worker_that_cannot_start_says_why_and_does_not_try_again(
    words: tuple[str, ...], code: int, told: str, shop: Shop
) -> None:
    worker = Worker(shop.url, *words)

    assert worker.end() == code
    assert told in worker.said
    assert "Traceback" not in worker.said
    assert "s3cret" not in worker.said


def test_an_app_that_fails_to_import_stops_every_process(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("belt = 1 / 0\n", "utf-8")

    worker = Worker(shop.url, "--processes", "2", "--json", app=str(tmp_path / "broken.py"))

    assert worker.end() == 2
    assert '"code": "app_import_failed"' in worker.said
    assert "ZeroDivisionError" in worker.said
