"""What an event would come to, without an event; and how a trigger stands."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from beltline.core.errors import InvalidInput
from beltline.definitions.trigger import JobOutcome, Message, NewObject, Webhook
from beltline.engine import events, messages, outcomes, sightings
from beltline.engine.events import Event, Party, party_of
from beltline.engine.triggers import Call, call_event, fetch
from beltline.store.contract import Store
from beltline.store.triggers import NewEvent, Refusal, StoredTrigger, Tallied
from beltline.triggers.contract import Found, Received
from beltline.triggers.places import open_listing


class Sample(NamedTuple):
    """An event to try: body and headers of a call or message, a job that has ended, an object's name."""

    body: bytes | None = None
    headers: Mapping[str, str] = MappingProxyType({})
    job_id: str | None = None
    object_name: str | None = None


class Standing(NamedTuple):
    """A trigger, what became of its events, and the newest that could not become a job."""

    row: StoredTrigger
    counts: list[Tallied]
    refusals: list[Refusal]


async def standing(store: Store, namespace: str, name: str, *, refusals: int = 5) -> Standing:
    """Return how a trigger stands. Raises NotFound."""
    row = await fetch(store, namespace, name)
    refused = await store.triggers.refusals(namespace, name, refusals) if refusals else []
    return Standing(row, await store.triggers.counts(namespace, name), refused)


async def tried(store: Store, namespace: str, row: StoredTrigger, sample: Sample) -> NewEvent | None:
    """Return what an event would give; None where it would make no job. Nothing is checked for being genuine.

    Raises NotFound for the job of the sample, InvalidInput, InvalidPayload.
    """
    party = await party_of(store, namespace, row)
    event = await _event(store, namespace, party, sample)
    return None if event is None else events.mapped(party, event)


async def _event(store: Store, namespace: str, party: Party, sample: Sample) -> Event | None:
    rule = party.rule
    if isinstance(rule, JobOutcome):
        job_id = _given(sample.job_id, party, "the id of a job that has ended")
        return await outcomes.event_for(store, namespace, party, job_id)
    if isinstance(rule, NewObject):
        object_name = _given(sample.object_name, party, "the name of an object below its place")
        found = Found(object_name, 0, "", store.now())
        is_wanted = sightings.is_wanted(rule, object_name)
        return sightings.event_of(open_listing(rule.place), found) if is_wanted else None
    body = _given(sample.body, party, "a body")
    headers = {key.lower(): value for key, value in sample.headers.items()}
    if isinstance(rule, Webhook):
        return call_event(Call(headers, body))
    return messages.event_of(Received("sample", body, headers))


def _given(value: Any, party: Party, what: str) -> Any:  # noqa: ANN401 - whatever it is, it is there
    if value is None:
        raise InvalidInput(
            f"the trigger {party.row.name} is one on a {party.rule.KIND}: give {what} to try it with"
        )
    return value


def rule_text(rule: object) -> str:
    """Return what a trigger waits for, in a few words."""
    if isinstance(rule, JobOutcome):
        return f"{rule.of or 'any job'} {', '.join(rule.states)}"
    if isinstance(rule, NewObject):
        return f"{rule.glob} in {rule.place}"
    if isinstance(rule, Message):
        return rule.source
    return f"{cast('Webhook', rule).check} in {cast('Webhook', rule).header}"
