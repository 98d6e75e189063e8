"""A row of the caller's and the step that wrote it are committed together, wherever a worker is killed."""

from __future__ import annotations

import json
import signal

import pytest

from beltline.core.decide import LOST_UNTIL_SUSPECT
from beltline.core.states import JobState
from tests.e2e import app
from tests.e2e.booking import DEATHS, ROWS, connected, create, numbers
from tests.e2e.site import Site


@pytest.mark.parametrize(
    "threaded", [False, pytest.param(True, marks=pytest.mark.proof)], ids=["loop", "thread"]
)
async def test_a_row_is_written_once_wherever_the_worker_dies(site: Site, threaded: bool) -> None:
    with connected(site.url) as conn:
        create(conn, site.url)
    job = await (app.book_in_thread if threaded else app.book).submit()
    for _ in DEATHS[:LOST_UNTIL_SUSPECT]:
        assert site.worker().wait() == -signal.SIGKILL

    # From here on the job is suspect, and its deaths are those of a process of its own.
    site.worker()
    done = await site.final(job.id)

    with connected(site.url) as conn:
        written = numbers(conn, site.url)
    assert (done.state, done.runs) == (JobState.SUCCEEDED, len(DEATHS) + 1)
    assert written == list(range(ROWS))
    # The first row is of the third run, which died after its commit; the fourth wrote the rest.
    assert json.loads(done.result or b"") == [3, 4, 4]
