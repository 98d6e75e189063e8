"""Storing jobs."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby, repeat
from operator import attrgetter, itemgetter
from typing import Any, Final, NamedTuple, TypeAlias

from beltline.core.clock import MINUTE
from beltline.core.errors import StoreError
from beltline.core.job import NewJob
from beltline.store.hints import Hint, hints_of
from beltline.store.params import Inserted, Insertion, InsertJobs
from beltline.store.rows import ID_TAKEN, labels_text
from beltline.store.sqlite.links import Lineage, insert_links, lineage_of
from beltline.store.sqlite.packing import packed, places
from beltline.store.sqlite.transaction import Transaction

REFUSED: Final = frozenset({Insertion.KEY_REUSED, Insertion.ID_REUSED})
# Below this many jobs to a group that shares all but id and payload, one statement of all columns is cheaper.
ALIKE_AT_LEAST: Final = 4

Statement: TypeAlias = tuple[str, dict[str, Any]]

# All but id, payload and payload hash; a getter of the interpreter's own makes it fast.
_PAYLOAD: Final = NewJob._fields.index("payload")
SHARED: Final = itemgetter(slice(1, _PAYLOAD), slice(_PAYLOAD + 2, None))
ID: Final = attrgetter("id")
PAYLOAD: Final = attrgetter("payload")
PAYLOAD_HASH: Final = attrgetter("payload_hash")
KEY: Final = attrgetter("idempotency_key")
CHOSEN_ID: Final = attrgetter("chosen_id")


class Batch(NamedTuple):
    """A batch made ready for the database: `hints` are what others should hear."""

    statements: list[Statement]
    hints: list[Hint]


def insert_verb(params: InsertJobs) -> Callable[[Transaction], list[Inserted]]:
    """Return the verb that stores these jobs."""
    if not _are_new(params.jobs):
        return partial(_insert_known, params=params)
    batch = _batch(params, params.jobs)
    answers = list(map(Inserted, map(ID, params.jobs), repeat(Insertion.CREATED)))
    return partial(_insert_new, params=params, batch=batch, answers=answers)


def _insert_new(
    transaction: Transaction, *, params: InsertJobs, batch: Batch, answers: list[Inserted]
) -> list[Inserted]:
    """Store jobs that cannot be there yet, and that nobody can wait for."""
    _insert(transaction, params.namespace, batch, lineage_of(transaction, params))
    if params.waits.edges or params.family is not None or params.opens:
        insert_links(transaction, params, params.jobs)
    return answers


def _insert(transaction: Transaction, namespace: str, batch: Batch, lineage: Lineage) -> None:
    try:
        for name, parameters in batch.statements:
            transaction.run(name, parameters | lineage._asdict())
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
            raise
        raise StoreError(ID_TAKEN) from error
    for hint in batch.hints:
        transaction.hint(namespace, hint)


def _insert_known(transaction: Transaction, *, params: InsertJobs) -> list[Inserted]:
    """Store what is not there yet. The write lock makes finding and storing one step."""
    lineage = lineage_of(transaction, params)
    keys = _alive_keys(transaction, params)
    ids = _stored_ids(transaction, params)
    answers = []
    created: list[NewJob] = []
    for job in params.jobs:
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
    keyed = [job for job in created if job.idempotency_key is not None]
    if keyed:
        transaction.run("insert_keys", _keys(params.namespace, keyed))
    _insert(transaction, params.namespace, _batch(params, created), lineage)
    insert_links(transaction, params, created)
    return answers


def _are_new(jobs: Sequence[NewJob]) -> bool:
    """Say whether there is nothing to look for: no job has a key, or an id that was chosen."""
    return set(map(KEY, jobs)) == {None} and not any(map(CHOSEN_ID, jobs))


def _answer(
    job: NewJob, keys: dict[tuple[str, str], tuple[str, bytes]], ids: dict[str, tuple[str, bytes]]
) -> Inserted:
    if (
        job.idempotency_key is not None
        and (known := keys.get((job.definition, job.idempotency_key))) is not None
    ):
        job_id, payload_hash = known
        same = payload_hash == job.payload_hash
        return Inserted(job_id, Insertion.EXISTING if same else Insertion.KEY_REUSED)
    if job.chosen_id and (stored := ids.get(job.id)) is not None:
        same = stored == (job.definition, job.payload_hash)
        return Inserted(job.id, Insertion.EXISTING if same else Insertion.ID_REUSED)
    return Inserted(job.id, Insertion.CREATED)


def _alive_keys(transaction: Transaction, params: InsertJobs) -> dict[tuple[str, str], tuple[str, bytes]]:
    keys = [(job.definition, job.idempotency_key) for job in params.jobs if job.idempotency_key is not None]
    if not keys:
        return {}
    parameters = {"namespace": params.namespace, "now": params.now, "keys": packed(keys)}
    return {
        (definition, key): (job_id, bytes.fromhex(payload_hash))
        for definition, key, job_id, payload_hash in transaction.listed("insert_known_keys", parameters)
    }


def _stored_ids(transaction: Transaction, params: InsertJobs) -> dict[str, tuple[str, bytes]]:
    ids = [job.id for job in params.jobs if job.chosen_id]
    if not ids:
        return {}
    parameters = {"namespace": params.namespace, "ids": packed(ids)}
    return {
        job_id: (definition, bytes.fromhex(payload_hash))
        for job_id, definition, payload_hash in transaction.listed("insert_known_ids", parameters)
    }


def _keys(namespace: str, jobs: Sequence[NewJob]) -> dict[str, Any]:
    rows: list[tuple[str, str | None, str, int, int]] = []
    at = 1
    for job in jobs:
        rows.append((job.definition, job.idempotency_key, job.id, at, len(job.payload_hash)))
        at += len(job.payload_hash)
    return {
        "namespace": namespace,
        "rows": packed(rows),
        "bytes": b"".join([job.payload_hash for job in jobs]),
    }


def _batch(params: InsertJobs, jobs: Sequence[NewJob]) -> Batch:
    if len(jobs) == 1:
        one = ("insert_one", _shared(params.namespace, jobs[0]))
        return Batch([one, _deltas(params, [jobs])], hints_of({jobs[0].state}))
    groups = [list(group) for _, group in groupby(jobs, SHARED)]
    hash_sizes = set(map(len, map(PAYLOAD_HASH, jobs)))
    if len(hash_sizes) == 1 and (len(groups) == 1 or len(groups) * ALIKE_AT_LEAST <= len(jobs)):
        statements = [_alike(params.namespace, group) for group in groups]
    else:
        statements = [_mixed(params.namespace, jobs)]
    statements.append(_deltas(params, groups))
    return Batch(statements, hints_of({group[0].state for group in groups}))


def _alike(namespace: str, jobs: Sequence[NewJob]) -> Statement:
    payloads = list(map(PAYLOAD, jobs))
    own = {
        "ids": packed(list(map(ID, jobs))),
        "payloads": b"".join(payloads),
        "places": places(payloads),
        "hashes": b"".join(map(PAYLOAD_HASH, jobs)),
        "hash_size": len(jobs[0].payload_hash),
    }
    return "insert_alike", _shared(namespace, jobs[0]) | own


def _shared(namespace: str, job: NewJob) -> dict[str, Any]:
    """Return the columns of a job by name."""
    return job._asdict() | {
        "namespace": namespace,
        "state": job.state.value,
        "reason": job.reason.value,
        "labels": labels_text(job.labels),
    }


def _mixed(namespace: str, jobs: Sequence[NewJob]) -> Statement:
    rows: list[tuple[Any, ...]] = []
    pieces: list[bytes] = []
    at = 1
    for job in jobs:
        size, hash_size = len(job.payload), len(job.payload_hash)
        place = (job.id, at, size, hash_size)
        kind = (
            job.definition,
            job.version,
            job.queue,
            job.state,
            job.reason,
            job.priority,
            job.order_key,
            job.run_at,
        )
        times = (labels_text(job.labels), job.created_at, job.queued_at)
        limits = (job.max_attempts, job.timeout_us, job.deadline_at, job.expires_at)
        origin = (
            job.correlation_id,
            job.traceparent,
            job.owner,
            job.actor,
            job.parent,
            job.root,
            job.idempotency_key,
            job.needs,
            job.backoff,
        )
        rows.append(place + kind + times + limits + origin)
        pieces += (job.payload, job.payload_hash)
        at += size + hash_size
    return "insert", {"namespace": namespace, "rows": packed(rows), "bytes": b"".join(pieces)}


def _deltas(params: InsertJobs, groups: Sequence[Sequence[NewJob]]) -> Statement:
    counts: Counter[tuple[str, str]] = Counter()
    for group in groups:
        counts[group[0].definition, group[0].queue] += len(group)
    rows = [(definition, queue, "submitted", count, 0, 0) for (definition, queue), count in counts.items()]
    minute = params.now - params.now % MINUTE
    return "deltas_append", {"namespace": params.namespace, "minute": minute, "rows": packed(rows)}
