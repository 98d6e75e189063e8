"""What the loops of any worker do for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from beltline.core.clock import MINUTE, Clock
from beltline.core.job import Job
from beltline.core.order import HEAD_START
from beltline.store.hints import Hint
from beltline.store.params import Retention, Tally
from beltline.store.postgres.connection import Pool, Statements
from beltline.store.postgres.partitions import make_days, prune_history
from beltline.store.postgres.wakeups import PostgresWakeups
from beltline.store.rows import job_of
from beltline.store.upkeep import Agenda

VACUUM_SECONDS: Final = 3_600.0
# A vacuum may take a tenth of the time.
_REST: Final = 10


class PostgresUpkeep:
    """The verbs of upkeep."""

    def __init__(self, pool: Pool, wakeups: PostgresWakeups, clock: Clock) -> None:
        self._pool = pool
        self._wakeups = wakeups
        self._clock = clock
        self._rests_until = clock.monotonic()

    async def agenda(self, namespace: str, now: int) -> Agenda:
        agenda = await self._agenda(namespace, now)
        rests = self._clock.monotonic() < self._rests_until
        return agenda._replace(vacuum=False) if rests else agenda

    async def _agenda(self, namespace: str, now: int) -> Agenda:
        [row] = await self._pool.rows("agenda", namespace, now)
        return Agenda._make(row)

    async def vacuum(self) -> bool:
        lock = self._pool.address.number("vacuum")

        async def work(statements: Statements) -> bool | None:
            is_ours: bool | None = await statements.value("vacuum_begin", lock)
            if is_ours:
                try:
                    await statements.run("vacuum", within=VACUUM_SECONDS)
                except Exception:
                    await statements.value("vacuum_end", lock)
                    raise
                # Whoever is cancelled before this loses the connection, and the lock with it.
                await statements.value("vacuum_end", lock)
            return is_ours

        begun = self._clock.monotonic()
        self._rests_until = begun + MINUTE
        is_done = await self._pool.use(work)
        ended = self._clock.monotonic()
        if is_done is False:
            # Another process is at it.
            self._rests_until = ended
        elif is_done and not (await self._agenda("", begun)).vacuum:
            self._rests_until = ended + _REST * (ended - begun)
        return bool(is_done)

    async def stage(self, namespace: str, now: int, limit: int) -> int:
        staged: int = await self._pool.value("stage", namespace, now, limit, HEAD_START)
        if staged:
            self._wakeups.fire(namespace, Hint.QUEUED)
        return staged

    async def next_due(self, namespace: str) -> int | None:
        due: int | None = await self._pool.value("next_due", namespace)
        return due

    async def overdue(self, namespace: str, now: int, limit: int) -> list[Job]:
        return [job_of(row) for row in await self._pool.rows("overdue", namespace, now, limit)]

    async def fold(self, namespace: str, limit: int) -> int:
        folded: int = await self._pool.value("fold", namespace, limit)
        return folded

    async def tallies(self, namespace: str, since: int, until: int) -> list[Tally]:
        return [Tally._make(row) for row in await self._pool.rows("tallies", namespace, since, until)]

    async def prune(self, params: Retention) -> Mapping[str, int]:
        # One transaction a kind: each is short, and none waits for another.
        await make_days(self._pool, params.now)
        gone = {"history": await prune_history(self._pool, params)}
        for kind, before in (
            ("dead", params.dead_before),
            ("sessions", params.sessions_before),
            ("tallies", params.tallies_before),
            ("idempotency", params.now),
            ("ledger", params.ledger_before),
            ("fires", params.history_before),
            ("backfills", params.history_before),
        ):
            gone[kind] = await self._pool.value(f"prune_{kind}", params.namespace, before, params.limit)
        return gone
