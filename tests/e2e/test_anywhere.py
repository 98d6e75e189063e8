"""Submits from programs without an event loop: a Django site with threads, a script, a program that forks."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Final

import pytest

from beltline.client.beltline import Beltline

PATIENCE_S: Final = 60
FORKING: Final = """
import os, sys
from beltline import Beltline
from beltline.core.errors import NotOpen

belt = Beltline(sys.argv[1])

@belt.job
def pack(order: str) -> None: ...

belt.open_sync()
print(pack.submit_sync("before").id, flush=True)
if os.fork() == 0:
    try:
        pack.submit_sync("never")
    except NotOpen as error:
        assert "after the fork" in str(error), error
    belt.open_sync()
    print(pack.submit_sync("child").id, flush=True)
    belt.close_sync()
    sys.stdout.flush()
    os._exit(0)
assert os.wait()[1] == 0
print(pack.submit_sync("parent").id)
belt.close_sync()
"""


@pytest.fixture
def shop(store_url: str) -> Iterator[str]:
    """The address of a Django site beside a store."""
    program = [sys.executable, "-m", "tests.e2e.shop_site", store_url, store_url.partition("?")[0]]
    site = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert site.stdout is not None
    port = json.loads(site.stdout.readline())["port"]
    yield f"http://127.0.0.1:{port}"
    site.communicate(timeout=PATIENCE_S)
    assert site.returncode == 0


def fetched(url: str) -> dict[str, object] | None:
    """Return what the site answers; None where it refuses."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:  # noqa: S310 - the test's own site
            found: dict[str, object] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        return None if error.code == HTTPStatus.CONFLICT else {"refused": error.code}


async def payloads(url: str, ids: list[object]) -> list[bytes]:
    async with Beltline(url) as belt:
        return sorted([(await belt.get(str(job_id))).payload for job_id in ids])


async def test_the_requests_of_a_django_site_submit_from_their_threads(store_url: str, shop: str) -> None:
    orders = [f"{kind}-{uuid.uuid4().hex[:8]}-{n}" for n in range(8) for kind in ("good", "bad")]

    with ThreadPoolExecutor(4) as pool:
        plain = list(pool.map(fetched, [f"{shop}/plain/{order}" for order in orders]))
        joined = list(pool.map(fetched, [f"{shop}/joined/{order}" for order in orders]))

    done = [answer for answer in (*plain, *joined) if answer is not None]
    assert len({answer["id"] for answer in done}) == len(orders) + len(orders) // 2
    assert len({answer["thread"] for answer in plain if answer}) > 1
    good = [order for order in orders if order.startswith("good")]
    wanted = sorted(b'{"order":"%s"}' % order.encode() for order in (*orders, *good))
    assert await payloads(store_url, [answer["id"] for answer in done]) == wanted
    async with Beltline(store_url) as belt:
        assert sum(found.jobs for found in await belt.store.reads.counts("default")) == len(wanted)


def test_a_script_that_forks_opens_in_each_process(store_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORKING, store_url],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert asyncio.run(payloads(store_url, list(done.stdout.split()))) == [
        b'{"order":"before"}',
        b'{"order":"child"}',
        b'{"order":"parent"}',
    ]
