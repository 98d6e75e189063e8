"""Triggers on messages: what is received becomes jobs before it is acknowledged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from beltline.core.codec import parse_json
from beltline.core.errors import InvalidInput
from beltline.core.ids import Random
from beltline.engine.events import LARGEST_BODY, Event, Party, refusal, sorted_out, take
from beltline.store.contract import Store
from beltline.store.triggers import Refusal, Turned
from beltline.triggers.contract import Received

LONGEST_ID: Final = 1_024


def event_of(message: Received) -> Event:
    """Return a message as an event. Raises InvalidInput where its body is no JSON, or too large."""
    body = parse_json(message.body, limit=LARGEST_BODY)
    headers = {name.lower(): value for name, value in message.headers.items()}
    return Event({"id": message.id, "body": body, "headers": headers}, body, message.id)


async def take_messages(
    store: Store, namespace: str, party: Party, messages: Sequence[Received], *, random: Random
) -> Turned | None:
    """Store what messages come to, in one transaction; they may be acknowledged then.

    A message that cannot become a job is on record as refused, and is to be acknowledged too: it would be
    the same the next time. None: the trigger is gone. Raises StoreError: then nothing was stored.
    """
    now = store.now()
    events: list[Event] = []
    refusals: list[Refusal] = []
    for message in messages:
        try:
            if not 1 <= len(message.id) <= LONGEST_ID:
                raise InvalidInput(f"the message has an id of {len(message.id):,} characters")  # noqa: TRY301 - one road for all faults
            events.append(event_of(message))
        except InvalidInput as error:
            refusals.append(refusal(Event({}, None, message.id), error, now, message.body))
    found = sorted_out(party, events, now)
    found.refusals.extend(refusals)
    return await take(store, namespace, party, found, random=random)
