"""A store with the definitions of `photo_app`, the command line pointed at it, a worker moved by hand."""

from __future__ import annotations

import asyncio
import io
import json
import random
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import pytest

from beltline.cli.main import run
from beltline.core.decide import Policy
from beltline.core.failure import failure_of
from beltline.core.job import ClaimedJob, Job
from beltline.core.outcome import Ending, Outcome
from beltline.core.reasons import Reason
from beltline.core.retry import Retry
from beltline.engine.control import fetch
from beltline.engine.definitions import apply_definitions
from beltline.engine.settle import Settlement, claim, settle
from beltline.store.contract import Store
from beltline.store.open import store_from_url
from beltline.store.params import NewSession
from tests.cli.photo_app import belt

T = TypeVar("T")

APP: Final = "tests.cli.photo_app:belt"
NAMESPACE: Final = "default"


@dataclass(frozen=True, slots=True)
class Ran:
    """A command line that has run."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """What it printed on stdout, parsed."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:  # noqa: ANN401 - any JSON value
        """The error that it printed on stderr under --json."""
        return json.loads(self.err)["error"]

    @property
    def lines(self) -> list[str]:
        """The lines of stdout."""
        return self.out.splitlines()


@dataclass(frozen=True, slots=True)
class Terminal:
    """Runs command lines in this process."""

    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    env: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *argv: str, stdin: bytes = b"", **env: str) -> Ran:
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self.capsys.readouterr()
        code = run(argv, {**self.env, **env})
        said = self.capsys.readouterr()
        return Ran(code, said.out, said.err)


class Shop:
    """The store behind the command line, and what a worker would do to its jobs."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._sessions = 0

    def on_store(self, work: Callable[[Store], Awaitable[T]]) -> T:
        """Do something on the opened store."""

        async def run_it() -> T:
            store = store_from_url(self.url)
            await store.open()
            try:
                return await work(store)
            finally:
                await store.close()

        return asyncio.run(run_it())

    def apply_definitions(self) -> None:
        """Store the definitions of the app."""
        self.on_store(lambda store: apply_definitions(store, NAMESPACE, belt.registry))

    def claim(self) -> list[ClaimedJob]:
        """Take every queued job, as a worker that then does nothing."""
        self._sessions += 1

        async def work(store: Store) -> list[ClaimedJob]:
            session = NewSession(
                namespace=NAMESPACE,
                id=f"session-{self._sessions}",
                name="hand",
                host="here",
                pid=1,
                lease_us=60_000_000,
                queues=None,
                concurrency=100,
                now=store.now(),
            )
            await store.sessions.open(session)
            return await claim(store, NAMESPACE, session.id, queues=None, limit=100)

        return self.on_store(work)

    def run(self, outcome: Outcome) -> None:
        """Take every queued job and let each run end so."""
        policy = Policy(Retry(backoff="fixed", base="1h"))
        batch = [Settlement(job, outcome, policy) for job in self.claim()]
        self.on_store(lambda store: settle(store, NAMESPACE, batch, random=random.Random(1)))

    def succeed(self, result: bytes = b'{"width":256}') -> None:
        """Take every queued job; each returns."""
        self.run(Outcome(Ending.SUCCEEDED, result))

    def fail(self) -> None:
        """Take every queued job; each fails for good."""
        record = failure_of(ValueError("13 brings\x1b[31m bad luck"))
        self.run(Outcome(Ending.FAILED, error=record, reason=Reason.NOT_RETRYABLE))

    def job(self, job_id: str) -> Job:
        """Return a job as it stands."""
        return self.on_store(lambda store: fetch(store, NAMESPACE, job_id))
