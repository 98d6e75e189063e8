"""A message becomes a job before it is acknowledged, once."""

from __future__ import annotations

import pytest

from beltline.core.codec import dump_json
from beltline.definitions.trigger import Message
from beltline.engine import trigger_trials, triggers
from beltline.engine.messages import take_messages
from beltline.engine.trigger_trials import Sample
from beltline.store.triggers import Turned
from beltline.triggers.contract import Received
from tests.engine.desk import Desk
from tests.engine.reacting import Reacting


@pytest.fixture
def reacting(desk: Desk) -> Reacting:
    return Reacting(desk)


def message(number: int, body: object = None) -> Received:
    return Received(f"m-{number}", dump_json({"width": number} if body is None else body), {"Kind": "push"})


async def take(reacting: Reacting, *messages: Received) -> Turned | None:
    party = await reacting.party()
    return await take_messages(
        reacting.store, reacting.namespace, party, messages, random=reacting.desk.random
    )


async def test_messages_become_jobs_in_one_transaction(reacting: Reacting) -> None:
    await reacting.make(Message(source="spool:///in"))

    await take(reacting, message(1), message(2))

    assert sorted(payload["width"] for payload in await reacting.payloads()) == [1, 2]


async def test_a_message_that_comes_again_makes_no_second_job(reacting: Reacting) -> None:
    await reacting.make(Message(source="spool:///in"))
    await take(reacting, message(1))

    await take(reacting, message(1), message(1))

    assert len(await reacting.made()) == 1
    assert await reacting.counts() == {"submitted": 1, "repeated": 2}


@pytest.mark.parametrize(
    ("poison", "fault"),
    [
        (Received("p", b"{", {}), "JSON"),
        (Received("p", b'{"width":"wide"}', {}), "width"),
        (Received("", b'{"width":1}', {}), "id of 0 characters"),
        (Received("p", b"[" * 1_000, {}), "JSON"),
    ],
)
async def test_a_message_that_cannot_become_a_job_is_on_record(
    reacting: Reacting, poison: Received, fault: str
) -> None:
    await reacting.make(Message(source="spool:///in"))

    turned = await take(reacting, message(1), poison, message(2))

    [refused] = await reacting.store.triggers.refusals(reacting.namespace, "after")
    assert turned is not None
    assert len(turned.answers) == 2
    assert fault in refused.error
    assert refused.body == poison.body[:4_096]
    assert await reacting.counts() == {"submitted": 2, "refused": 1}


async def test_expressions_see_id_body_and_headers(reacting: Reacting) -> None:
    rule = Message(
        source="spool:///in", payload={"of": "id"}, when="headers.kind == 'push' and body.width > 1"
    )
    await reacting.make(rule)

    await take(reacting, message(1), message(2))

    assert await reacting.payloads() == [{"of": "m-2"}]
    assert await reacting.counts() == {"submitted": 1, "unwanted": 1}


async def test_of_refused_events_the_newest_hundred_are_kept(reacting: Reacting) -> None:
    await reacting.make(Message(source="spool:///in"))
    for start in range(0, 150, 50):
        await take(reacting, *(message(number, "no") for number in range(start, start + 50)))

    kept = await reacting.store.triggers.refusals(reacting.namespace, "after", 1_000)

    assert [each.event_key for each in kept] == [f"m-{number}" for number in range(149, 49, -1)]


async def test_a_trigger_that_was_deleted_takes_none(reacting: Reacting) -> None:
    await reacting.make(Message(source="spool:///in", window={"debounce": {"quiet": 1}}))
    party = await reacting.party()
    await triggers.delete(reacting.store, reacting.namespace, "after", actor="ada")

    taken = await take_messages(
        reacting.store, reacting.namespace, party, [message(1)], random=reacting.desk.random
    )

    assert taken is None


async def test_a_message_is_tried_by_its_body(reacting: Reacting) -> None:
    await reacting.make(Message(source="spool:///in", payload={"width": "body.width"}))

    sample = Sample(body=b'{"width":4}')
    tried = await trigger_trials.tried(*await reacting.place(), sample)

    assert tried is not None
    assert tried.payload == b'{"width":4}'
