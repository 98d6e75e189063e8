"""A worker driven by hand: it claims a job of an open Beltline and ends it as the test says."""

from __future__ import annotations

import random

from beltline.client.beltline import Beltline
from beltline.core.decide import Policy
from beltline.core.failure import failure
from beltline.core.job import ClaimedJob
from beltline.core.outcome import Ending, Outcome, succeeded
from beltline.core.reasons import Reason
from beltline.engine.settle import Settlement, claim, settle
from beltline.store.params import NewSession


class Hand:
    """Belongs to one Beltline, which must be open."""

    def __init__(self, belt: Beltline, name: str = "hand") -> None:
        self._belt = belt
        self._name = name
        self._session = ""

    async def take(self) -> ClaimedJob:
        """Claim the next job."""
        store, namespace = self._belt.store, self._belt.namespace
        if not self._session:
            self._session = self._name
            await store.sessions.open(
                NewSession(
                    namespace=namespace,
                    id=self._session,
                    name=self._name,
                    host="here",
                    pid=1,
                    lease_us=60_000_000,
                    queues=None,
                    concurrency=1,
                    now=store.now(),
                )
            )
        [job] = await claim(store, namespace, self._session, queues=None, limit=1)
        return job

    async def end(self, outcome: Outcome) -> ClaimedJob:
        """Claim the next job and let it end so."""
        job = await self.take()
        batch = [Settlement(job, outcome, Policy())]
        await settle(self._belt.store, self._belt.namespace, batch, random=random.Random(1))
        return job

    async def succeed(self, result: bytes | None = None) -> ClaimedJob:
        return await self.end(succeeded(result))

    async def fail(self, kind: str = "ValueError", message: str = "no such paper") -> ClaimedJob:
        error = failure(kind, message)
        return await self.end(Outcome(Ending.FAILED, error=error, reason=Reason.NOT_RETRYABLE))
