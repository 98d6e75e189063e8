"""The session under which this process holds jobs."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Set as AbstractSet
from typing import Final

from beltline.config import WorkerConfig
from beltline.core.ids import Random, new_id
from beltline.core.offers import Offer
from beltline.core.reasons import Reason
from beltline.engine.rescue import give_back
from beltline.store.contract import Store
from beltline.store.params import NewSession

BEATS_A_LEASE: Final = 3


class Lease:
    """One session after another: where the store says that a session has ended, the next is opened.

    `doubtful` is set by whoever lost the reply to a claim: the store may then say that we hold jobs of which
    we know nothing. Once a lease the worker doubts of itself: what the server was told to do by a connection
    that broke may still be done after we have looked.
    """

    def __init__(
        self,
        store: Store,
        namespace: str,
        config: WorkerConfig,
        *,
        random: Random,
        offer: Offer | None = None,
        opened: Callable[[str], None] | None = None,
        process: Callable[[], str | None] = lambda: None,
    ) -> None:
        self.session = ""
        self.doubtful = False
        self._store = store
        self._namespace = namespace
        self._config = config
        self._random = random
        self._beats = 0
        self._offer = offer
        self._opened = opened
        self._process = process

    async def open(self) -> None:
        """Open a new session; `session` is its id from then on. Several workers may have one name."""
        name = self._config.name or f"{socket.gethostname()}:{os.getpid()}"
        now, offer = self._store.now(), self._offer
        session = f"{name}/{new_id(now, self._random)}"
        await self._store.sessions.open(
            NewSession(
                namespace=self._namespace,
                id=session,
                name=name,
                host=socket.gethostname(),
                pid=os.getpid(),
                lease_us=self._config.lease_us,
                queues=self._config.queues,
                concurrency=self._config.concurrency,
                now=now,
                definitions=None if offer is None else tuple(offer.versions),
                versions=None if offer is None else tuple(offer.versions.values()),
                offer=None if offer is None else offer.text(),
                process=self._process(),
            )
        )
        self.session = session
        self.doubtful = False
        if self._opened is not None:
            self._opened(session)

    def beaten(self) -> None:
        """Note that the session was renewed."""
        self._beats += 1
        self.doubtful = self.doubtful or self._beats % BEATS_A_LEASE == 0

    async def reconcile(self, known: AbstractSet[tuple[str, int]]) -> None:
        """Give back what the store says we hold and is not in `known`, as (id, fence), uncharged."""
        held = await self._store.jobs.held(self._namespace, self.session)
        strays = [job for job in held if (job.id, job.fence) not in known]
        await give_back(self._store, self._namespace, strays, Reason.CLAIM_LOST, random=self._random)
        self.doubtful = False

    async def close(self) -> None:
        """Close the session; whatever it still holds is rescued by others."""
        await self._store.sessions.close(self._namespace, self.session, self._store.now())
