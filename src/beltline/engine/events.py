"""From events to jobs: mapped by the trigger's rule, checked by the definition's schema, stored or held."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from beltline.core.codec import dump_json
from beltline.core.errors import BeltlineError, InvalidInput, InvalidPayload
from beltline.core.ids import Random
from beltline.core.job import NewJob
from beltline.core.window import MOST_HELD, Gather, Throttle
from beltline.definitions.stored import StoredSchema
from beltline.definitions.trigger import rule_of
from beltline.definitions.trigger_rule import Rule
from beltline.engine.definitions import stored_definition
from beltline.engine.objects import kept
from beltline.engine.submit import JobOptions, new_job
from beltline.engine.template import stored_template
from beltline.store.contract import Store
from beltline.store.params import Definition
from beltline.store.triggers import Count, EventOutcome, NewEvent, Refusal, StoredTrigger, Turned, TurnTrigger

LARGEST_BODY: Final = 1_048_576
LARGEST_REFUSED: Final = 4_096
LONGEST_ERROR: Final = 500
HOPS: Final = "trigger-hops"


class Event(NamedTuple):
    """An outside event.

    `given` are the values of the names that expressions know, `whole` what is the payload without any. `key`
    makes equal events one, unless the rule has a `dedupe`. `hops`: how many triggers brought it about.
    """

    given: Mapping[str, object]
    whole: object
    key: object = None
    hops: int = 0


class Party(NamedTuple):
    """A trigger with its rule read, and the definition whose jobs it makes."""

    row: StoredTrigger
    rule: Rule
    definition: Definition
    schema: StoredSchema


class Sorted(NamedTuple):
    """What events came to before anything was stored."""

    events: list[NewEvent]
    unwanted: int
    refusals: list[Refusal]


async def party_of(store: Store, namespace: str, row: StoredTrigger) -> Party:
    """Return a stored trigger with all that is needed to act for it. Raises UnknownDefinition."""
    definition = await stored_definition(store, namespace, row.definition)
    return Party(row, rule_of(row.kind, json.loads(row.spec)), definition, StoredSchema(definition.schema))


def mapped(party: Party, event: Event) -> NewEvent | None:
    """Return what an event gives; None where `when` says no. Raises InvalidInput, InvalidPayload."""
    rule, given = party.rule, event.given
    expressions = rule.expressions
    if rule.when is not None and not expressions["when"].value(given):
        return None
    value = event.whole
    if rule.payload is not None:
        value = {name: expressions[f"payload.{name}"].value(given) for name in rule.payload}
    payload = dump_json(value)
    alone = dump_json({rule.waits.field: [value]}) if isinstance(rule.waits, Gather) else payload
    party.schema.check(party.definition.name, alone)
    found = event.key if rule.dedupe is None else expressions["dedupe"].value(given)
    if found is None and rule.dedupe is None:
        return NewEvent(None, payload, event.hops)
    return NewEvent(stored_key(found), payload, event.hops)


def stored_key(key: object) -> str:
    """Return the text by which a key is known: of any length and kind, also where two look alike as text."""
    return hashlib.sha256(dump_json(key)).hexdigest()


def sorted_out(party: Party, events: Sequence[Event], now: int) -> Sorted:
    """Map events, each by itself: one that cannot become a job is a refusal, and holds up no other."""
    done = Sorted([], 0, [])
    unwanted = 0
    for event in events:
        try:
            found = mapped(party, event)
        except (InvalidInput, InvalidPayload) as error:
            done.refusals.append(refusal(event, error, now))
            continue
        if found is None:
            unwanted += 1
        else:
            done.events.append(found)
    return done._replace(unwanted=unwanted)


def refusal(event: Event, error: BeltlineError, now: int, body: bytes | None = None) -> Refusal:
    """Return the record of an event that cannot become a job."""
    said = dump_json(event.whole) if body is None else body
    return Refusal(str(event.key or "")[:256], now, str(error)[:LONGEST_ERROR], said[:LARGEST_REFUSED])


def jobs_of(party: Party, events: Sequence[NewEvent], *, now: int, random: Random) -> list[NewJob]:
    """Return the jobs to store for events."""
    name = party.row.name
    template = stored_template(party.definition)
    jobs = []
    for key, payload, hops in events:
        labels = {"trigger": name, HOPS: str(hops)} if hops else {"trigger": name}
        options = JobOptions(
            idempotency_key=None if key is None else f"trigger:{name}:{key}",
            labels=labels,
            actor=f"trigger/{name}",
        )
        jobs.append(new_job(template, payload, options, now=now, random=random))
    return jobs


async def take(
    store: Store,
    namespace: str,
    party: Party,
    found: Sorted,
    *,
    random: Random,
    counts: Sequence[Count] = (),
    **brought: Any,
) -> Turned | None:
    """Store what events came to, at once or held for the window, with all else that a look brought about.

    None: another look was quicker, and nothing was stored. Raises what storing jobs raises.
    """
    now = store.now()
    told = [
        *counts,
        Count(EventOutcome.UNWANTED, found.unwanted),
        Count(
            EventOutcome.REFUSED, len(found.refusals), note=found.refusals[-1].error if found.refusals else ""
        ),
    ]
    jobs: Sequence[NewJob] = ()
    hold: Sequence[NewEvent] = ()
    if party.rule.waits is None:
        jobs = await kept(store, namespace, jobs_of(party, found.events, now=now, random=random))
    else:
        hold = found.events[: await _room(store, namespace, party)]
        told.append(Count(EventOutcome.DROPPED, len(found.events) - len(hold), note="too many events wait"))
    params = TurnTrigger(
        namespace=namespace,
        name=party.row.name,
        now=now,
        jobs=jobs,
        hold=hold,
        refusals=found.refusals,
        counts=[each for each in told if each.events],
        **brought,
    )
    return await store.triggers.turn(params)


async def _room(store: Store, namespace: str, party: Party) -> int:
    """Return how many events may still be held; other windows use up what they hold with each look."""
    if not isinstance(party.rule.waits, Throttle):
        return MOST_HELD
    waiting = sum(
        each.events
        for each in await store.triggers.counts(namespace, party.row.name)
        if each.outcome == "waiting"
    )
    return max(0, MOST_HELD - waiting)


def facts_of(row: StoredTrigger) -> dict[str, Any]:
    """Return what a trigger says, as JSON values."""
    return cast("dict[str, Any]", json.loads(row.spec))
