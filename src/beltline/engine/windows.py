"""Windows: the look that turns events that are held into jobs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from beltline.core.codec import dump_json
from beltline.core.ids import Random
from beltline.core.window import Gather, Held, Window, judge
from beltline.definitions.trigger import NewObject
from beltline.engine.events import Party, jobs_of
from beltline.engine.objects import kept
from beltline.engine.trigger_memory import remembered
from beltline.store.contract import Store
from beltline.store.triggers import Count, EventOutcome, HeldEvent, NewEvent, Turned, TurnTrigger

PAGE: Final = 2_000


async def look(store: Store, namespace: str, party: Party, *, random: Random) -> Turned | None:
    """Make the jobs whose time has come; None where another look was quicker.

    What is held, what is remembered and the jobs change in one transaction: a crash leaves all as it was.
    """
    window = party.rule.waits
    if window is None:
        return None
    row, now = party.row, store.now()
    held = await store.triggers.held(namespace, row.name, PAGE)
    memory = remembered(row)
    events = [Held(event.id, event.at, len(event.payload)) for event in held]
    verdict = judge(window, events, memory.window, now)
    by_id = {event.id: event for event in held}
    made = [_event(window, [by_id[each] for each in group]) for group in verdict.jobs]
    jobs = await kept(store, namespace, jobs_of(party, made, now=now, random=random))
    window_at = now if len(held) == PAGE and verdict.due_at is None else verdict.due_at
    coalesced = len(verdict.coalesced) + sum(len(group) - 1 for group in verdict.jobs)
    counts = [Count(EventOutcome.COALESCED, coalesced), Count(EventOutcome.DROPPED, len(verdict.dropped))]
    if not isinstance(party.rule, NewObject):
        # Nothing stands in the way any more.
        memory = memory._replace(look_at=None)
    params = TurnTrigger(
        namespace=namespace,
        name=row.name,
        now=now,
        jobs=jobs,
        used=[*(each for group in verdict.jobs for each in group), *verdict.coalesced, *verdict.dropped],
        leaving=memory._replace(window=verdict.memory, window_at=window_at).leaving(row.turn),
        counts=[each for each in counts if each.events],
    )
    return await store.triggers.turn(params)


def _event(window: Window, group: Sequence[HeldEvent]) -> NewEvent:
    """Return the event that stands for those of one job."""
    hops = max(event.hops for event in group)
    if isinstance(window, Gather):
        payload = dump_json({window.field: [json.loads(event.payload) for event in group]})
        return NewEvent(None, payload, hops)
    return NewEvent(None, group[0].payload, hops)
