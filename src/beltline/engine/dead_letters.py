"""Dead letters as work: their groups and what people say of them, which a filter means, mending, discarding.

Each action is audited in the transaction that does it.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from typing import Final, NamedTuple

from beltline.core.codec import payload_hash
from beltline.core.errors import Conflict, InvalidInput, NotFound, ObjectsError
from beltline.core.job import Job
from beltline.core.states import JobEvent, require
from beltline.definitions.stored import StoredSchema
from beltline.engine.control import fetch
from beltline.engine.definitions import stored_definition
from beltline.engine.objects import kept_payload, payload_limit, whole_bytes
from beltline.objects.reference import is_reference, reference_of
from beltline.store.contract import Store
from beltline.store.dead_letters import (
    DeadGroup,
    EditDead,
    FindLetters,
    Letter,
    LetterFilter,
    TriageGroup,
)
from beltline.store.params import AuditEntry, DiscardDead

BATCH: Final = 1_000
# A dry run counts every letter, and looks into the payloads of so many.
MOST_CHECKED: Final = 1_000
MOST_NAMED: Final = 100
_TOGETHER: Final = 50
_OWNER: Final = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{0,128}")
_NOTE: Final = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]{0,4096}")


class LetterFaults(NamedTuple):
    """What is wrong with one letter's payload: (path, what is wrong) for every fault."""

    id: str
    faults: Sequence[tuple[str, str]]


class Plan(NamedTuple):
    """What a replay or a discard would do: how many letters, the oldest of them by id, and faulty payloads.

    `checked` says how many payloads were held against the stored schema.
    """

    total: int
    ids: Sequence[str]
    checked: int
    faulty: Sequence[LetterFaults]


async def group(store: Store, namespace: str, fingerprint: str) -> DeadGroup:
    """Return a group. Raises NotFound where nothing is known of it."""
    found = await store.dead_letters.group(namespace, fingerprint)
    if found is None:
        raise NotFound("group of dead letters", fingerprint, "`beltline dead-letters groups` lists them")
    return found


async def triage(
    store: Store,
    namespace: str,
    fingerprint: str,
    *,
    owner: str | None = None,
    note: str | None = None,
    actor: str,
) -> DeadGroup:
    """Say who takes care of a group, or what is known of it; an empty text takes that away.

    Raises NotFound, and InvalidInput that lists every fault.
    """
    faults = [
        f"{name} {value[:80]!r}: use at most {most:,} printable characters"
        for name, value, pattern, most in (("owner", owner, _OWNER, 128), ("note", note, _NOTE, 4_096))
        if value is not None and not pattern.fullmatch(value)
    ]
    if faults:
        raise InvalidInput("; ".join(faults))
    before = await group(store, namespace, fingerprint)
    entry = AuditEntry(
        actor=actor,
        action="dead_group.own" if note is None else "dead_group.note",
        target=f"dead-group/{fingerprint}",
        before=_said(before.owner, before.note),
        after=_said(before.owner if owner is None else owner, before.note if note is None else note),
    )
    params = TriageGroup(
        namespace=namespace,
        fingerprint=fingerprint,
        owner=owner,
        note=note,
        actor=actor,
        now=store.now(),
        audit=(entry,),
    )
    await store.dead_letters.triage(params)
    return await group(store, namespace, fingerprint)


async def check_payload(store: Store, namespace: str, job_id: str, payload: bytes) -> Job:
    """Return the dead letter that could have this payload.

    Raises NotFound, InvalidTransition, Conflict where it was discarded, UnknownDefinition, and InvalidPayload
    that lists every fault of the payload.
    """
    job = await _letter(store, namespace, job_id)
    definition = await stored_definition(store, namespace, job.definition)
    StoredSchema(definition.schema).check(job.definition, payload, limit=payload_limit(store))
    return job


async def edit(
    store: Store, namespace: str, job_id: str, payload: bytes, *, actor: str, why: str = ""
) -> Job:
    """Give a dead letter another payload, valid by the stored schema. Raises what `check_payload` raises.

    What its steps remember stays: the new payload meets it when the job runs again.
    """
    job = await check_payload(store, namespace, job_id, payload)
    entry = AuditEntry(
        actor=actor,
        action="job.edit",
        target=f"job/{job_id}",
        reason=why,
        before=_traced(job.payload),
        after=_traced(payload),
    )
    params = EditDead(
        namespace=namespace,
        id=job_id,
        fence=job.fence,
        payload=await kept_payload(store, namespace, job_id, payload),
        now=store.now(),
        audit=(entry,),
    )
    if not await store.dead_letters.edit(params):
        raise Conflict(f"dead letter {job_id} was replayed or discarded meanwhile; nothing was changed")
    return await fetch(store, namespace, job_id)


async def require_known(store: Store, namespace: str, where: LetterFilter) -> None:
    """Raise NotFound where a filter names a group of which nothing is known."""
    if where.fingerprint is not None:
        await group(store, namespace, where.fingerprint)


async def plan(store: Store, namespace: str, where: LetterFilter) -> Plan:
    """Return what a replay of these letters would do; nothing is changed. Raises NotFound."""
    await require_known(store, namespace, where)
    total = 0
    ids: list[str] = []
    async for letters in _batches(store, namespace, where, store.now() + 1):
        total += len(letters)
        ids += [letter.id for letter in letters[: MOST_CHECKED - len(ids)]]
    return Plan(total, ids[:MOST_NAMED], len(ids), await faulty_letters(store, namespace, ids))


async def plan_of(store: Store, namespace: str, ids: Sequence[str]) -> Plan:
    """Return what a replay of these letters would do. Raises NotFound, InvalidTransition, Conflict."""
    for job_id in ids:
        await _letter(store, namespace, job_id)
    looked = ids[:MOST_CHECKED]
    return Plan(len(ids), ids[:MOST_NAMED], len(looked), await faulty_letters(store, namespace, looked))


async def faulty_letters(store: Store, namespace: str, ids: Sequence[str]) -> list[LetterFaults]:
    """Return the letters whose payload does not fit its definition's stored schema, with every fault."""
    schemas: dict[str, StoredSchema | None] = {}
    found: list[LetterFaults] = []
    for start in range(0, len(ids), _TOGETHER):
        for job in await store.reads.get(namespace, ids[start : start + _TOGETHER]):
            if job.definition not in schemas:
                definition = await store.definitions.get(namespace, job.definition)
                schemas[job.definition] = None if definition is None else StoredSchema(definition.schema)
            faults = await _payload_faults(store, job, schemas[job.definition])
            if faults:
                found.append(LetterFaults(job.id, faults))
    return found


async def count(store: Store, namespace: str, where: LetterFilter, until: int) -> int:
    """Return how many letters a filter means that died before a moment."""
    total = 0
    async for letters in _batches(store, namespace, where, until):
        total += len(letters)
    return total


async def discard_all(store: Store, namespace: str, where: LetterFilter, *, actor: str, why: str = "") -> int:
    """Hide the letters of a filter, finally; return how many. Those that die meanwhile are not meant.

    A thousand at a time: after a crash some are discarded, and the same call does the rest.
    """
    await require_known(store, namespace, where)
    total = 0
    async for letters in _batches(store, namespace, where, store.now() + 1):
        ids = [letter.id for letter in letters]
        after = json.dumps({"letters": len(ids), "oldest": ids[0]})
        entry = AuditEntry(
            actor=actor, action="dead_letters.discard", target=target_of(where), reason=why, after=after
        )
        params = DiscardDead(namespace=namespace, ids=ids, now=store.now(), audit=(entry,))
        total += len(await store.jobs.discard(params))
    return total


def target_of(where: LetterFilter) -> str:
    """Return how the audit names the letters of a filter."""
    parts = {"group": where.fingerprint, "definition": where.definition, "queue": where.queue}
    words = [f"{name}={value}" for name, value in parts.items() if value is not None]
    words += [f"label:{name}={value}" for name, value in sorted((where.labels or {}).items())]
    return "dead-letters/" + (",".join(words) or "all")


async def _letter(store: Store, namespace: str, job_id: str) -> Job:
    job = await fetch(store, namespace, job_id)
    require(job.id, job.state, JobEvent.REPLAY)
    if job.discarded_at is not None:
        raise Conflict(f"dead letter {job_id} was discarded: it cannot be edited or replayed any more")
    return job


async def _batches(
    store: Store, namespace: str, where: LetterFilter, until: int
) -> AsyncIterator[list[Letter]]:
    after = (-1, "")
    while True:
        params = FindLetters(namespace=namespace, where=where, until=until, after=after, limit=BATCH)
        letters = await store.dead_letters.find(params)
        if letters:
            yield letters
            after = letters[-1].finished_at, letters[-1].id
        if len(letters) < BATCH:
            return


async def _payload_faults(store: Store, job: Job, schema: StoredSchema | None) -> Sequence[tuple[str, str]]:
    if schema is None:
        return [("", f"the definition {job.definition!r} is not in the store")]
    try:
        return schema.faults(await whole_bytes(store, job.payload), limit=payload_limit(store))
    except (InvalidInput, ObjectsError) as error:
        return [("", str(error))]


def _said(owner: str, note: str) -> str:
    return json.dumps({"owner": owner, "note": note}, ensure_ascii=False)


def _traced(payload: bytes) -> str:
    """Return by what a payload is known in the audit, which never holds one."""
    if is_reference(payload):
        reference = reference_of(payload)
        return json.dumps({"payload_sha256": reference.sha256, "bytes": reference.size})
    return json.dumps({"payload_hash": payload_hash(payload).hex(), "bytes": len(payload)})
