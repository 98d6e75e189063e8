"""The chores that come round seldom; each is safe to do in many processes at once."""

from __future__ import annotations

import logging
from typing import Final

from beltline.config import RetentionConfig
from beltline.core.errors import ObjectsUnavailable
from beltline.core.ids import Random
from beltline.engine import objects, replay_policy, upkeep
from beltline.runtime.loop import Loop
from beltline.store.contract import Store

PRUNE_S: Final = 600.0
# It lists the groups of dead letters, where a definition has a policy for them.
POLICY_S: Final = 10.0
# It lists the objects of the days that are over: rarely, for a cloud counts each request.
SWEEP_S: Final = 3_600.0


def chores(store: Store, namespace: str, *, retention: RetentionConfig, random: Random) -> list[Loop]:
    """Return the loops, not yet started."""

    async def prune() -> bool:
        gone = await upkeep.prune(
            store,
            namespace,
            history_days=retention.history_days,
            dead_days=retention.dead_days,
            ledger_days=retention.ledger_days,
        )
        return any(gone.values())

    async def replay_by_policy() -> bool:
        await replay_policy.tick(store, namespace)
        return False

    async def sweep() -> bool:
        days = min(retention.history_days, retention.dead_days)
        try:
            await objects.sweep(store, namespace, days=days)
        except ObjectsUnavailable as error:
            logging.getLogger("beltline").warning("removing old objects: %s; trying again later", error)
        return False

    return [
        Loop("sweeper", SWEEP_S, sweep, random=random),
        Loop("policy replayer", POLICY_S, replay_by_policy, random=random),
        Loop("pruner", PRUNE_S, prune, random=random),
    ]
