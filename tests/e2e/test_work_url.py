"""A worker by URL as its own process: killed, and outliving a restart of its service."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, Self

import httpx2

from beltline.core.roles import Role
from tests.e2e.test_rest import made_keys, serving
from tests.waiting import eventually

APP: Final = Path(__file__).with_name("remote_app.py")


@contextmanager
def working(url: str, key: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker for the service at a namespace's address; yield it, and end it where it still runs."""
    file = folder / "key"
    file.write_text(key)
    command = [sys.executable, "-m", "beltline.cli", "work", str(APP), "--lease", "1s"]
    options = ["--url", url.partition("/api/")[0], "--api-key-file", str(file)]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(APP.parents[2])}
    with (folder / "worker.log").open("ab") as log:
        running = subprocess.Popen([*command, *options], env=env, cwd=folder, stdout=log, stderr=log)
    try:
        yield running
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(30)


class Caller:
    """An admin who submits jobs and looks at them."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._http = httpx2.Client(headers={"Authorization": f"Bearer {key}"}, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def submit(self, definition: str, **payload: object) -> str:
        """Submit a job where its definition is known already; return its id."""
        body = {"definition": definition, "payload": payload}

        def submitted() -> str:
            answer = self._http.post(f"{self._url}/jobs", json=body)
            return str(answer.json()["id"]) if answer.status_code == 201 else ""

        return eventually(submitted, what="the worker applied its definitions")

    def ended(self, job_id: str) -> dict[str, Any]:
        """Return a job when it is final."""

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self._http.get(f"{self._url}/jobs/{job_id}?include=result").json()
            return found if found["finished_at"] else None

        found = eventually(look, what=f"{job_id} ended")
        assert found is not None
        return found

    def children(self, job_id: str) -> list[dict[str, Any]]:
        """Return the children of a job."""
        found: list[dict[str, Any]] = self._http.get(f"{self._url}/jobs/{job_id}/children").json()["items"]
        return found


def test_the_jobs_of_a_killed_worker_are_rescued(tmp_path: Path) -> None:
    store_url = f"sqlite:///{tmp_path / 'beltline.db'}"
    admin, worker = asyncio.run(made_keys(store_url, (Role.ADMIN, Role.WORKER)))
    gate = tmp_path / "gate"

    with serving(store_url, tmp_path) as url, Caller(url, admin) as caller:
        with working(url, worker, tmp_path) as first:
            held = caller.submit("holds", gate=str(gate))
            eventually(Path(f"{gate}.1").exists)
            first.kill()
            first.wait()
        with working(url, worker, tmp_path) as second:
            eventually(Path(f"{gate}.2").exists)
            gate.touch()
            job = caller.ended(held)
            other = caller.ended(caller.submit("elsewhere", n=4))

    assert (job["result"], job["crashes"], job["attempts_used"]) == (2, 1, 1)
    assert other["result"] == 5
    assert second.returncode == 0


def test_a_restart_of_the_service_is_survived(tmp_path: Path) -> None:
    store_url = f"sqlite:///{tmp_path / 'beltline.db'}"
    admin, worker = asyncio.run(made_keys(store_url, (Role.ADMIN, Role.WORKER)))
    gate = tmp_path / "gate"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])

    with ExitStack() as stack:
        with serving(store_url, tmp_path, "--port", port) as url, Caller(url, admin) as caller:
            process = stack.enter_context(working(url, worker, tmp_path))
            held = caller.submit("holds", gate=str(gate))
            eventually(Path(f"{gate}.1").exists)
        gate.touch()
        stack.enter_context(serving(store_url, tmp_path, "--port", port))
        job = stack.enter_context(Caller(url, admin)).ended(held)
        process.send_signal(signal.SIGTERM)
        process.wait(30)

    assert (job["state"], job["result"]) == ("succeeded", 1)
    assert process.returncode == 0


def test_bodies_in_processes_have_children(tmp_path: Path) -> None:
    store_url = f"sqlite:///{tmp_path / 'beltline.db'}"
    admin, worker = asyncio.run(made_keys(store_url, (Role.ADMIN, Role.WORKER)))

    with (
        serving(store_url, tmp_path) as url,
        Caller(url, admin) as caller,
        working(url, worker, tmp_path),
    ):
        one_by_one = caller.ended(caller.submit("plants", n=3))
        at_once = caller.ended(caller.submit("plants_many", n=2))
        children = [caller.ended(child) for child in one_by_one["result"]]
        of_both = [len(caller.children(parent["id"])) for parent in (one_by_one, at_once)]

    assert (one_by_one["runs"], at_once["result"], of_both) == (2, 2, [3, 2])
    assert [child["result"] for child in children] == [1, 2, 3]
