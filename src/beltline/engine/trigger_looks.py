"""What any process does for triggers: looks at those that are due, or for which outcomes are noted."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from beltline.core.clock import MINUTE
from beltline.core.errors import BeltlineError, StoreError
from beltline.core.ids import Random
from beltline.definitions.trigger import JobOutcome, NewObject
from beltline.engine import outcomes, sightings, windows
from beltline.engine.events import Party, party_of
from beltline.engine.trigger_memory import remembered
from beltline.store.contract import Store
from beltline.store.triggers import Count, EventOutcome, StoredTrigger, TurnTrigger
from beltline.triggers.contract import Listing

MOST: Final = 100


class Places:
    """The places that this process looks at; each is opened when it is first looked at."""

    def __init__(self, open_listing: Callable[[str], Listing]) -> None:
        self._open = open_listing
        self._opened: dict[str, Listing] = {}

    def at(self, place: str) -> Listing:
        """Return what lists a place. Raises ConfigError, Unsupported."""
        if place not in self._opened:
            self._opened[place] = self._open(place)
        return self._opened[place]


async def turn(store: Store, namespace: str, places: Places, *, random: Random) -> int:
    """Look at the triggers that are due; return for how many something was done, 0 for nothing left."""
    rows = await store.triggers.due(namespace, store.now(), MOST)
    done = 0
    for row in rows:
        try:
            done += await _look(store, namespace, row, places, random=random)
        except StoreError:
            raise
        except BeltlineError as error:
            logging.getLogger("beltline").warning("trigger %s: %s", row.name, error)
            await _put_off(store, namespace, row, error)
    return done


async def is_due(store: Store, namespace: str) -> bool:
    """Return whether there is something to look at now."""
    next_at, has_outcomes, *_ = await store.triggers.outlook(namespace)
    return has_outcomes or (next_at is not None and next_at <= store.now())


async def _look(store: Store, namespace: str, row: StoredTrigger, places: Places, *, random: Random) -> bool:
    party = await party_of(store, namespace, row)
    look_at, done = remembered(row).look_at, False
    is_time = look_at is None or look_at <= store.now()
    if isinstance(party.rule, JobOutcome) and is_time:
        if look_at is not None:
            party = await _try_again(store, namespace, party)
        done = await outcomes.look(store, namespace, party, random=random) is not None
    if isinstance(party.rule, NewObject) and (is_time or party.rule.waits is None):
        listing = places.at(party.rule.place)
        done = await sightings.look(store, namespace, party, listing, random=random)
    if party.rule.waits is None:
        return done
    now = await store.triggers.get(namespace, row.name)
    if now is None or now.due_at is None or now.due_at > store.now():
        return done
    turned = await windows.look(store, namespace, party._replace(row=now), random=random)
    return done or (turned is not None and bool(turned.answers))


async def _try_again(store: Store, namespace: str, party: Party) -> Party:
    """Forget that something stood in the way."""
    row = party.row
    memory = remembered(row)._replace(look_at=None)
    params = TurnTrigger(
        namespace=namespace, name=row.name, now=store.now(), leaving=memory.leaving(row.turn)
    )
    await store.triggers.turn(params)
    return party


async def _put_off(store: Store, namespace: str, row: StoredTrigger, error: BeltlineError) -> None:
    """Note what stands in the way of a trigger, and look again in a minute; what is noted for it stays."""
    later = store.now() + MINUTE
    memory = remembered(row)._replace(look_at=later)
    params = TurnTrigger(
        namespace=namespace,
        name=row.name,
        now=store.now(),
        leaving=memory.leaving(row.turn, later),
        counts=[Count(EventOutcome.UNREACHABLE, 1, note=str(error))],
    )
    await store.triggers.turn(params)
