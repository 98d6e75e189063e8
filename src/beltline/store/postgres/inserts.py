"""Storing jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final, TypeAlias

from beltline.core.clock import MINUTE
from beltline.core.job import NewJob
from beltline.core.prerequisites import Edge
from beltline.store.params import Inserted, Insertion, InsertJobs
from beltline.store.postgres.address import Address
from beltline.store.postgres.columns import varying
from beltline.store.postgres.connection import Statements
from beltline.store.postgres.links import insert_links, of_family
from beltline.store.rows import labels_text

REFUSED: Final = frozenset({Insertion.KEY_REUSED, Insertion.ID_REUSED})

# Where jobs that are alike differ: id, payload and its hash; and the times from created_at to order_key.
_PAYLOAD: Final = NewJob._fields.index("payload")
_HASH: Final = NewJob._fields.index("payload_hash")
_TIMES: Final = range(8, 12)
_CHOSEN: Final = NewJob._fields.index("chosen_id")
_LABELS: Final = NewJob._fields.index("labels")
_SHARED: Final = tuple(set(range(len(NewJob._fields))) - {0, _PAYLOAD, _HASH, *_TIMES, _CHOSEN})
# No id of ours has one.
_BETWEEN: Final = "\x1f"
_COUNTED: Final = attrgetter("definition", "queue")
_MOST_LOCKS: Final = 256

# From so many jobs on, what COPY asks beside its rows (a transaction, the types of the columns) is worth it.
MOST_IN_STATEMENT: Final = 1_000
_COPIED: Final = (
    *("namespace", "fence", "runs", "attempts_used", "crashes", "id", "definition", "version", "queue"),
    *("state", "reason", "payload", "payload_hash", "created_at", "queued_at", "run_at", "order_key"),
    *("priority", "max_attempts", "timeout_us", "deadline_at", "expires_at", "idempotency_key", "labels"),
    *("correlation_id", "traceparent", "owner", "actor", "parent", "root", "needs", "backoff"),
)

Key: TypeAlias = tuple[str, str]
Known: TypeAlias = tuple[str, bytes]


def statement_of(namespace: str, jobs: Sequence[NewJob], now: int) -> tuple[str, list[object]]:
    """Return the statement that stores these jobs and counts them, with its values."""
    first = jobs[0]
    if len(jobs) == 1:
        own_columns = (*first[:_CHOSEN], labels_text(first.labels), *first[_LABELS + 1 :])
        return "insert_one", [namespace, _minute(now), *own_columns]
    columns: list[Any] = list(zip(*jobs, strict=True))
    counts = _counts(jobs, now)
    if _are_alike(columns):
        own = [_BETWEEN.join(columns[0]), columns[_PAYLOAD], b"".join(columns[_HASH])]
        times, equal_times = zip(*(varying(columns[index]) for index in _TIMES), strict=True)
        definition, version, queue, state, reason = first[1:6]
        rest = [*first[12:_CHOSEN], labels_text(first.labels), *first[_LABELS + 1 : -2]]
        alike = [definition, version, queue, state, reason, *rest]
        cuts = (_BETWEEN, len(first.payload_hash))
        return "insert_alike", [namespace, *own, *times, *alike, *equal_times, *counts, *first[-2:], *cuts]
    labels = [labels_text(job.labels) for job in jobs]
    head = [namespace, *columns[:_CHOSEN], labels, *columns[_LABELS + 1 : -2]]
    return "insert", [*head, *counts, *varying(columns[-2]), *varying(columns[-1])]


def _are_alike(columns: Sequence[Sequence[Any]]) -> bool:
    """Whether jobs differ in nothing but what insert_alike takes of each, and their ids can be cut again."""
    number = len(columns[0])
    return (
        all(columns[index].count(columns[index][0]) == number for index in _SHARED)
        and len(set(map(len, columns[_HASH]))) == 1
        and _BETWEEN not in "".join(columns[0])
    )


async def insert_new(statements: Statements, namespace: str, jobs: Sequence[NewJob], now: int) -> None:
    """Store jobs that are not there yet, in a transaction, and count them.

    Of very many the server stores the first, by COPY, while we send the others.
    """
    if len(jobs) <= MOST_IN_STATEMENT:
        name, values = statement_of(namespace, jobs, now)
        await statements.run(name, *values)
        return
    begun = (namespace, 0, 0, 0, 0)
    rows = ((*begun, *job[:_CHOSEN], labels_text(job.labels), *job[_LABELS + 1 :]) for job in jobs)
    await statements.raw.copy_records_to_table("jobs", records=rows, columns=_COPIED)
    await statements.run("insert_counts", namespace, *_counts(jobs, now))


async def insert_known(statements: Statements, address: Address, params: InsertJobs) -> list[Inserted]:
    """Store, in a transaction, what is not there yet: jobs with idempotency keys or chosen ids.

    Under the locks, finding and storing is one step.
    """
    locks = locks_of(address, params.namespace, params.jobs, params.waits.edges)
    await statements.value("insert_lock", *map(list, zip(*locks, strict=True)))
    params = await of_family(statements, params)
    jobs = params.jobs
    keys = await _alive_keys(statements, params, jobs)
    ids = await _stored_ids(statements, params, jobs)
    answers: list[Inserted] = []
    created: list[NewJob] = []
    for job in jobs:
        answer = _answer(job, keys, ids)
        answers.append(answer)
        if answer.outcome is Insertion.CREATED:
            created.append(job)
            if job.idempotency_key is not None:
                keys[job.definition, job.idempotency_key] = (job.id, job.payload_hash)
            if job.chosen_id:
                ids[job.id] = (job.definition, job.payload_hash)
    if not created or (params.all_or_none and any(answer.outcome in REFUSED for answer in answers)):
        return answers
    keyed = [
        (job.definition, job.idempotency_key, job.id, job.payload_hash)
        for job in created
        if job.idempotency_key is not None
    ]
    if keyed:
        await statements.run("insert_keys", params.namespace, *map(list, zip(*keyed, strict=True)))
    await insert_new(statements, params.namespace, created, params.now)
    await insert_links(statements, params, created)
    return answers


def _answer(job: NewJob, keys: dict[Key, Known], ids: dict[str, Known]) -> Inserted:
    if (
        job.idempotency_key is not None
        and (known := keys.get((job.definition, job.idempotency_key))) is not None
    ):
        job_id, payload_hash = known
        return Inserted(
            job_id, Insertion.EXISTING if payload_hash == job.payload_hash else Insertion.KEY_REUSED
        )
    if job.chosen_id and (stored := ids.get(job.id)) is not None:
        same = stored == (job.definition, job.payload_hash)
        return Inserted(job.id, Insertion.EXISTING if same else Insertion.ID_REUSED)
    return Inserted(job.id, Insertion.CREATED)


async def _alive_keys(statements: Statements, params: InsertJobs, jobs: Sequence[NewJob]) -> dict[Key, Known]:
    wanted = [(job.definition, job.idempotency_key) for job in jobs if job.idempotency_key is not None]
    if not wanted:
        return {}
    definitions, keys = zip(*wanted, strict=True)
    rows = await statements.rows("insert_known_keys", params.namespace, params.now, definitions, keys)
    return {(definition, key): (job_id, payload_hash) for definition, key, job_id, payload_hash in rows}


async def _stored_ids(statements: Statements, params: InsertJobs, jobs: Sequence[NewJob]) -> dict[str, Known]:
    wanted = [job.id for job in jobs if job.chosen_id]
    if not wanted:
        return {}
    rows = await statements.rows("insert_known_ids", params.namespace, wanted)
    return {job_id: (definition, payload_hash) for job_id, definition, payload_hash in rows}


def locks_of(
    address: Address, namespace: str, jobs: Sequence[NewJob], edges: Sequence[Edge] = ()
) -> list[tuple[int, bool]]:
    """Return the advisory locks under which the keys, chosen ids and prerequisites are decided, in order.

    With each, whether it is shared. Jobs with chosen ids and prerequisites may close a cycle with others:
    they are stored one transaction at a time. A server has room for about 6,400 locks, so a big batch takes
    one lock for all keys and ids, which the others share.
    """
    names = {f"{job.definition}\0{job.idempotency_key}" for job in jobs if job.idempotency_key is not None}
    names |= {job.id for job in jobs if job.chosen_id}
    names |= {edge.prerequisite for edge in edges}
    everything = address.number("insert", namespace)
    if len(names) > _MOST_LOCKS or (edges and any(job.chosen_id for job in jobs)):
        return [(everything, False)]
    numbers = sorted({address.number("insert", namespace, name) for name in names})
    return [(everything, True), *((number, False) for number in numbers)]


def _counts(jobs: Sequence[NewJob], now: int) -> list[list[Any]]:
    counts = Counter(map(_COUNTED, jobs))
    rows = [(_minute(now), definition, queue, count) for (definition, queue), count in counts.items()]
    return [list(column) for column in zip(*rows, strict=True)]


def _minute(now: int) -> int:
    return now - now % MINUTE
