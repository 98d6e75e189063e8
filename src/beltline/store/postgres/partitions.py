"""The day partitions of history: made ahead, dropped when retention says so."""

from __future__ import annotations

from typing import Final

from beltline.core.clock import DAY
from beltline.core.errors import StoreUnavailable
from beltline.store.params import Retention
from beltline.store.postgres.connection import Pool, Statements

DAYS_AHEAD: Final = 7


async def make_days(pool: Pool, now: int) -> None:
    """Make the partitions of today and the coming days; a day begun in the default partition stays there."""
    today = now - now % DAY
    rows = await pool.rows("history_new_days", [today + DAY * ahead for ahead in range(DAYS_AHEAD + 1)])
    for (day,) in rows:
        await _alone(pool, "history_make_day", day)


async def prune_history(pool: Pool, params: Retention) -> int:
    """Remove the days that ended by `history_before`; return how many jobs went.

    A day whose lock cannot be had at once is left to the next call.
    """
    before = params.history_before - params.history_before % DAY
    gone = 0
    for (name,) in await pool.rows("history_old_days", before):
        gone += await _alone(pool, "history_drop_day", name, params.namespace, params.limit) or 0
    strays: int = await pool.value("prune_history", params.namespace, before, params.limit)
    return gone + strays


async def _alone(pool: Pool, name: str, *values: object) -> int | None:
    """Change partitions in a short transaction, one process at a time; None where that must wait."""
    number = pool.address.number("partitions")

    async def work(statements: Statements) -> int | None:
        ((free, _),) = await statements.rows("prune_lock", number)
        if not free:
            return None
        await statements.run("scan_settings")
        done: int = await statements.value(name, *values)
        return done

    try:
        return await pool.transaction(work)
    except StoreUnavailable:
        return None
