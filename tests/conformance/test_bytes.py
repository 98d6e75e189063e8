"""Bytes, texts and numbers come back exactly as they went in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from beltline.core.states import DEAD, FINAL, JobState
from beltline.store.log_lines import NewLogLine
from beltline.store.params import AuditEntry, Definition, Progress
from tests.conformance.builders import change_to
from tests.conformance.world import World

LARGE = json.dumps({"text": "ä\\\U0001f600" * 90_000}, ensure_ascii=False).encode()

DOCUMENTS = {
    "null": b"null",
    "empty object": b"{}",
    "spaces kept": b' {\n"a" :\t1 }\r\n',
    "escaped nul": rb'"a\u0000b"',
    "escaped controls": rb'"\u0001\u001f\b\f\n\r\t\/\\\""',
    "escaped or not": rb'["\u00e4", "' + "ä".encode() + b'"]',
    "beyond the basic plane": '"\U0001f600\U0010ffff"'.encode(),
    "surrogates escaped": rb'"\ud83d\ude00"',
    "order of names": b'{"b":1,"a":2,"10":3,"9":4,"":5}',
    "names that differ in case": b'{"a":1,"A":2}',
    "numbers as written": b"[1.0,1,1e2,1E+2,-0,-0.0,0.1000,12345678901234567890123,1e400,9007199254740993]",
    "sql": b'"\'; DROP TABLE jobs; -- $1 ? :x %s"',
    "line separators": '"\u2028\u2029\u0085\ufeff"'.encode(),
    "deep": b"[" * 150 + b"]" * 150,
    "one megabyte": LARGE,
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
async def test_payloads_results_and_errors_keep_every_byte(world: World, document: bytes) -> None:
    """The same bytes must survive a claim, a move to each of the final places, and a retry."""
    await world.insert(*(world.new(payload=document) for _ in range(5)))

    claimed = await world.claim()

    assert [job.payload for job in claimed] == [document] * 5
    for job, state in zip(claimed, [*sorted(FINAL), JobState.RETRYING], strict=True):
        assert not await world.apply(change_to(job, state, world.now, result=document, error=document))
        row = await world.job(job.id)
        assert (row.payload, row.result, row.error) == (document, document, document)
    for done in await world.store.reads.finished(world.namespace, [job.id for job in claimed]):
        assert (done.result, done.error) == (document, document)
    for job in claimed:
        attempts = await world.store.reads.attempts(world.namespace, job.id)
        assert [attempt.error for attempt in attempts] == [document]


async def test_a_batch_of_different_documents_is_not_mixed_up(world: World) -> None:
    documents = [document for name, document in DOCUMENTS.items() if name != "one megabyte"] * 3
    jobs = [world.new(payload=document) for document in documents]
    await world.insert(*jobs)
    claimed = {job.id: job for job in await world.claim()}

    assert not await world.apply(
        *(
            change_to(claimed[job.id], JobState.SUCCEEDED, world.now, result=document)
            for job, document in zip(jobs, reversed(documents), strict=True)
        )
    )

    found = await world.store.reads.get(world.namespace, [job.id for job in jobs])
    assert [job.payload for job in found] == documents
    assert [job.result for job in found] == documents[::-1]
    assert [claimed[job.id].payload for job in jobs] == documents


async def test_a_payload_hash_keeps_every_byte(world: World) -> None:
    hashes = [bytes(range(n * 16, n * 16 + 16)) for n in range(16)]
    jobs = [world.new()._replace(payload_hash=each) for each in hashes]

    await world.insert(*jobs)

    found = await world.store.reads.get(world.namespace, [job.id for job in jobs])
    assert [job.payload_hash for job in found] == hashes


@pytest.mark.parametrize("value", [-(2**63), -1, 0, 2**53 + 1, 2**63 - 1])
async def test_numbers_of_64_bits_are_exact(world: World, value: int) -> None:
    job = world.new(
        state=JobState.SCHEDULED,
        run_at=value,
        created_at=value,
        deadline_at=value,
        expires_at=value,
        timeout_us=value,
    )
    await world.insert(job)

    row = await world.job(job.id)

    assert (row.run_at, row.created_at, row.deadline_at, row.expires_at, row.timeout_us) == (value,) * 5


@pytest.mark.parametrize("priority", [-1_000, 1_000])
async def test_extreme_priorities_are_exact(world: World, priority: int) -> None:
    job = world.new(priority=priority, max_attempts=1_000)
    await world.insert(job)

    (claimed,) = await world.claim()

    assert (claimed.priority, claimed.max_attempts) == (priority, 1_000)
    assert (await world.job(job.id)).order_key == job.order_key


@pytest.mark.parametrize("fraction", [0.0, 1.0, 0.1, 1 / 3, 5e-324, 0.9999999999999999])
async def test_fractions_are_exact(world: World, fraction: float) -> None:
    claimed = await world.running()

    await world.store.jobs.progress(world.namespace, [Progress(claimed.id, claimed.fence, fraction, "")])

    assert (await world.job(claimed.id)).progress == fraction


TEXTS = [
    "",
    "'",
    '"',
    "\\",
    "%_",
    "$1 ? :a {}",
    "ä\U0001f600\U0010ffff",
    "a\nb\tc\r",
    " lead and trail ",
    "{1,2}",
    "NULL",
]


@pytest.mark.parametrize("text", TEXTS)
async def test_texts_are_exact(world: World, text: str) -> None:
    job = world.new(
        definition=f"d{text}",
        queue=f"q{text}",
        labels={f"n{text}": text},
        correlation_id=text,
        traceparent=text,
        owner=text,
        actor=text,
        idempotency_key=f"k{text}",
    )
    await world.insert(job)

    (claimed,) = await world.claim(queues=(job.queue,))

    row = await world.job(job.id)
    for name in (
        "definition",
        "queue",
        "labels",
        "correlation_id",
        "traceparent",
        "owner",
        "actor",
        "idempotency_key",
    ):
        assert getattr(row, name) == getattr(job, name), name
    assert (claimed.definition, claimed.queue, claimed.labels) == (job.definition, job.queue, job.labels)


@pytest.mark.parametrize("text", TEXTS)
async def test_texts_of_other_rooms_are_exact(world: World, text: str) -> None:
    definition = Definition(
        name=f"n{text}",
        version=text,
        queue=text,
        schema=text,
        policies=text,
        owner=text,
        runbook=text,
        applied_at=world.now,
    )
    entry = AuditEntry(actor=text, action=text, target=text, reason=text, before=text, after=text)
    line = NewLogLine("job", 1, world.now, text, text, text)

    await world.store.definitions.apply(world.namespace, [definition], world.now)
    await world.store.audit.append(world.namespace, [entry], world.now)
    await world.store.logs.append(world.namespace, [line])
    await world.store.queues.set_paused(world.namespace, f"q{text}", paused=True, now=world.now)

    assert await world.store.definitions.get(world.namespace, definition.name) == definition
    assert (await world.store.audit.page(world.namespace))[0][2:8] == (text,) * 6
    assert (await world.store.logs.read(world.namespace, "job"))[0][1:] == line[1:6]
    assert (await world.store.queues.page(world.namespace))[0].name == f"q{text}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(
    max_examples=25,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(documents=st.lists(st.tuples(JSON, st.booleans()), min_size=1, max_size=8))
async def test_any_json_survives_the_whole_way(world: World, documents: list[tuple[Any, bool]]) -> None:
    texts = [_json(value, ascii_only=ascii_only) for value, ascii_only in documents]
    jobs = [world.new(payload=text) for text in texts]
    await world.insert(*jobs)
    claimed = {job.id: job for job in await world.claim()}
    ends = [JobState.SUCCEEDED, *sorted(DEAD)]

    assert not await world.apply(
        *(
            change_to(claimed[job.id], ends[n % 3], world.now, result=claimed[job.id].payload)
            for n, job in enumerate(jobs)
        )
    )

    found = await world.store.reads.get(world.namespace, [job.id for job in jobs])
    assert [(job.payload, job.result) for job in found] == [(text, text) for text in texts]


def _json(value: object, *, ascii_only: bool) -> bytes:
    return json.dumps(value, ensure_ascii=ascii_only).encode()
