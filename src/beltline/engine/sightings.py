"""Triggers on new objects: looks at a place, page by page, each page one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, cast

from beltline.core.clock import MICROS, MINUTE
from beltline.core.durations import moment_text
from beltline.core.glob import compiled
from beltline.core.ids import Random
from beltline.definitions.trigger import NewObject
from beltline.engine.events import Event, Party, sorted_out, take
from beltline.engine.trigger_memory import Remembered, remembered
from beltline.store.contract import Store
from beltline.store.triggers import Count, EventOutcome, SeenObject, TurnTrigger
from beltline.triggers.contract import Found, Listing, Unreachable

PAGE: Final = 2_000
SEEN_PAGE: Final = 3_000
PAGES_A_LOOK: Final = 100
# Who looks at a place has it for so long; then another goes on where the last page that was written ends.
CLAIM_US: Final = MINUTE
_LONGEST_PAUSE_US: Final = 5 * MINUTE
_MOST_DOUBLINGS: Final = 10


class Sight(NamedTuple):
    """What a page comes to: objects that count now, rows to write and remove, when the next stands still."""

    fires: list[Found]
    puts: list[SeenObject]
    gone: list[str]
    settles_at: int | None


async def look(store: Store, namespace: str, party: Party, listing: Listing, *, random: Random) -> bool:
    """Look at the place; return whether anything was done.

    Whoever is first has the place to itself for a while. Each page guards itself: who was away meanwhile
    writes nothing, and another goes on. A place that cannot be reached is counted, and tried again later.
    """
    rule, memory = cast("NewObject", party.rule), remembered(party.row)
    now = store.now()
    is_new = memory.begun and not memory.after and memory.settles_at is None and not memory.failures
    if is_new and not rule.changes and await listing.is_unchanged():
        memory = memory._replace(look_at=now + rule.every_us)
        await _write(store, namespace, party, memory)
        return False
    claimed = await _write(store, namespace, party, memory, due_at=now + CLAIM_US)
    if claimed is None:
        return False
    if not memory.after:
        memory = memory._replace(settles_at=None)
    try:
        return await _pages(store, namespace, claimed, listing, memory=memory, random=random)
    except Unreachable as error:
        return await _put_off(store, namespace, party, memory, error)


async def _pages(
    store: Store, namespace: str, party: Party, listing: Listing, *, memory: Remembered, random: Random
) -> bool:
    rule = cast("NewObject", party.rule)
    pattern = compiled(rule.glob)
    for _ in range(PAGES_A_LOOK):
        row = party.row
        seen = await store.triggers.objects(
            namespace, row.name, after=memory.after, until=None, limit=SEEN_PAGE
        )
        known = frozenset() if rule.changes else frozenset(each.name for each in seen if each.fired)
        page = await listing.page(memory.after, PAGE, known)
        until = page.until
        if len(seen) == SEEN_PAGE and (until is None or seen[-1].name < until):
            # What was seen after that is not at hand: the look goes on from there.
            until = seen[-1].name
        is_last = until is None
        found: Sequence[Found] = page.found
        if until is not None:
            found = [each for each in found if each.name <= until]
            seen = [each for each in seen if each.name <= until]
        found = [each for each in found if each.name in known or pattern.fullmatch(each.name)]
        now = store.now()
        sight = seen_now(rule, found, seen, now, is_old=not memory.begun and rule.existing == "skip")
        settles = [at for at in (memory.settles_at, sight.settles_at) if at is not None]
        memory = memory._replace(after=until or "", settles_at=min(settles, default=None))
        if is_last:
            memory = memory._replace(begun=True, failures=0, look_at=_next_look(rule, memory, now))
        if is_last or sight.fires or sight.puts or sight.gone:
            events = [event_of(listing, each) for each in sight.fires]
            due_at = None if is_last else now + CLAIM_US
            if events and rule.waits is not None:
                due_at = now
            turned = await take(
                store,
                namespace,
                party,
                sorted_out(party, events, now),
                random=random,
                leaving=memory.leaving(row.turn, due_at),
                seen=sight.puts,
                gone=sight.gone,
            )
            if turned is None:
                return True
            party = party._replace(row=row._replace(turn=row.turn + 1))
        if is_last:
            return bool(sight.fires)
    await _write(store, namespace, party, memory, due_at=store.now())
    return True


def seen_now(
    rule: NewObject, found: Iterable[Found], seen: Sequence[SeenObject], now: int, *, is_old: bool
) -> Sight:
    """Return what a page of a listing comes to, beside what was seen of the same names.

    `is_old`: what is there now was there before the trigger.
    """
    known = {each.name: each for each in seen}
    sight = Sight([], [], [], None)
    settles_at: int | None = None
    for each in found:
        before = known.pop(each.name, None)
        if before is not None and before.fired and (before.mark == each.mark or not rule.changes):
            continue
        since = before.since if before is not None and before.mark == each.mark else now
        is_ready = now - since >= rule.settle_us
        if is_old or is_ready:
            sight.puts.append(SeenObject(each.name, each.mark, since, fired=True))
            if not is_old:
                sight.fires.append(each)
            continue
        if before is None or before.mark != each.mark:
            sight.puts.append(SeenObject(each.name, each.mark, since, fired=False))
        at = since + rule.settle_us
        settles_at = at if settles_at is None else min(settles_at, at)
    # What went before it had stood still was never whole: it is not kept in any case.
    sight.gone.extend(each.name for each in known.values() if not each.fired or rule.deleted == "forget")
    return sight._replace(settles_at=settles_at)


def is_wanted(rule: NewObject, name: str) -> bool:
    """Return whether the pattern of a trigger fits a name."""
    return compiled(rule.glob).fullmatch(name) is not None


def event_of(listing: Listing, found: Found) -> Event:
    """Return an object as an event. Its row says that it counted, so it has no key of its own."""
    facts = {
        "name": found.name,
        "url": listing.url(found.name),
        "size": found.size,
        "mark": found.mark,
        "modified_at": moment_text(found.modified_at),
    }
    return Event({"object": facts}, facts)


def _next_look(rule: NewObject, memory: Remembered, now: int) -> int:
    regular = now + rule.every_us
    return regular if memory.settles_at is None else min(regular, max(memory.settles_at, now + MICROS // 10))


async def _write(
    store: Store, namespace: str, party: Party, memory: Remembered, due_at: int | None = None
) -> Party | None:
    """Write what is remembered; None where another look was quicker."""
    row = party.row
    params = TurnTrigger(
        namespace=namespace, name=row.name, now=store.now(), leaving=memory.leaving(row.turn, due_at)
    )
    if await store.triggers.turn(params) is None:
        return None
    return party._replace(row=row._replace(turn=row.turn + 1))


async def _put_off(
    store: Store, namespace: str, party: Party, memory: Remembered, error: Unreachable
) -> bool:
    rule, now = cast("NewObject", party.rule), store.now()
    pause_us = min(rule.every_us << min(memory.failures, _MOST_DOUBLINGS), _LONGEST_PAUSE_US)
    row = await store.triggers.get(namespace, party.row.name)
    if row is None:
        return False
    memory = remembered(row)._replace(failures=memory.failures + 1, look_at=now + pause_us)
    params = TurnTrigger(
        namespace=namespace,
        name=row.name,
        now=now,
        leaving=memory.leaving(row.turn),
        counts=[Count(EventOutcome.UNREACHABLE, 1, note=str(error))],
    )
    await store.triggers.turn(params)
    return False
