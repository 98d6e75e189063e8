"""Triggers on the outcomes of jobs: settlements note them, a look makes jobs of them."""

from __future__ import annotations

from typing import Any, Final, cast

from beltline.core.codec import parse_json
from beltline.core.durations import moment_text
from beltline.core.errors import InvalidInput, NotFound, ObjectMissing
from beltline.core.failure import read_failure
from beltline.core.ids import Random
from beltline.core.job import Job
from beltline.core.states import JobState
from beltline.definitions.trigger import JobOutcome
from beltline.engine import control
from beltline.engine.events import HOPS, LARGEST_BODY, Event, Party, refusal, sorted_out, take
from beltline.engine.objects import whole_bytes
from beltline.objects.reference import is_reference, reference_of
from beltline.store.contract import Store
from beltline.store.triggers import Count, EventOutcome, NotedOutcome, Turned

PAGE: Final = 200
MOST_HOPS: Final = 16


async def look(store: Store, namespace: str, party: Party, *, random: Random) -> Turned | None:
    """Make jobs of the oldest noted outcomes; None where there are none, or another look was quicker.

    Taking the notes and storing the jobs is one transaction: each outcome makes one job, whatever crashes.
    """
    rule = cast("JobOutcome", party.rule)
    notes = await store.triggers.outcomes(namespace, party.row.name, PAGE)
    if not notes:
        return None
    jobs = {job.id: job for job in await store.reads.get(namespace, [note.job_id for note in notes])}
    events: list[Event] = []
    refusals = []
    unwanted = looped = 0
    now = store.now()
    for note in notes:
        job = jobs.get(note.job_id)
        try:
            if job is None:
                raise NotFound("job", note.job_id, "it is not kept any more")  # noqa: TRY301 - one road for all faults
            if not _is_wanted(rule, party, job):
                unwanted += 1
            elif hops_of(job) >= (rule.rounds or MOST_HOPS):
                looped += 1
            else:
                events.append(await event_of(store, party, job, note))
        except (InvalidInput, NotFound, ObjectMissing) as error:
            refusals.append(refusal(Event({}, {"job": note.job_id}, note.job_id), error, now))
    found = sorted_out(party, events, now)
    found.refusals.extend(refusals)
    counts = [
        Count(EventOutcome.LOOPED, looped, note=f"triggers went round {rule.rounds or MOST_HOPS} times"),
        Count(EventOutcome.UNWANTED, unwanted),
    ]
    ids = [note.id for note in notes]
    return await take(store, namespace, party, found, random=random, counts=counts, outcomes=ids)


async def event_for(store: Store, namespace: str, party: Party, job_id: str) -> Event | None:
    """Return the event that the present outcome of a job is; None where the trigger does not want it.

    Raises NotFound.
    """
    job = await control.fetch(store, namespace, job_id)
    rule = cast("JobOutcome", party.rule)
    is_watched = rule.of in {None, job.definition} and (job.parent is None or not rule.roots)
    if not (is_watched and job.state.value in rule.states and _is_wanted(rule, party, job)):
        return None
    return await event_of(store, party, job, NotedOutcome(0, job.id, job.fence, job.state.value))


async def event_of(store: Store, party: Party, job: Job, note: NotedOutcome) -> Event:
    """Return an outcome as an event. Raises InvalidInput where what the rule needs is too large."""
    asked = " ".join(each.text for each in party.rule.expressions.values())
    is_bare = party.rule.payload is None
    # What was replayed meanwhile has another run, whose result is not that of this one.
    is_same = job.fence == note.fence and job.state.value == note.state
    result = job.result if is_same and (is_bare or "result" in asked) else None
    payload = job.payload if "payload" in asked else None
    given: dict[str, object] = {
        "job": job_facts(job, note.state) | {"payload": await _value(store, "payload", payload)},
        "result": await _value(store, "result", result),
        "error": read_failure(job.error) if is_same else None,
    }
    if is_bare:
        given["job"] = job_facts(job, note.state)
    return Event(given, given, outcome_key(note.job_id, note.fence), hops_of(job) + 1)


def job_facts(job: Job, state: str) -> dict[str, Any]:
    """Return what expressions see of a job."""
    times = {what: getattr(job, what) for what in ("created_at", "started_at", "finished_at")}
    return {
        "id": job.id,
        "definition": job.definition,
        "version": job.version,
        "queue": job.queue,
        "state": state,
        "reason": job.reason.value if job.state is JobState(state) else None,
        "owner": job.owner,
        "labels": dict(job.labels or {}),
        "attempts": job.attempts_used,
        "parent": job.parent,
        "root": job.root,
        "correlation_id": job.correlation_id,
        **{what: None if at is None else moment_text(at) for what, at in times.items()},
    }


def hops_of(job: Job) -> int:
    """Return how many triggers brought a job about, one after another."""
    found = (job.labels or {}).get(HOPS, "0")
    return int(found) if found.isdecimal() else 0


def _is_wanted(rule: JobOutcome, party: Party, job: Job) -> bool:
    if rule.of is None and job.definition == party.row.definition:
        # Whoever watches all jobs does not mean those that it makes itself.
        return False
    labels = job.labels or {}
    is_labelled = all(labels.get(name) == value for name, value in (rule.labels or {}).items())
    return rule.queue in {None, job.queue} and is_labelled


async def _value(store: Store, what: str, data: bytes | None) -> object:
    if data is None:
        return None
    size = reference_of(data).size if is_reference(data) else len(data)
    if size > LARGEST_BODY:
        raise InvalidInput(
            f"the job's {what} has {size:,} bytes, a trigger maps at most {LARGEST_BODY:,}; let the new job"
            " fetch it by job.id"
        )
    return parse_json(await whole_bytes(store, data) if is_reference(data) else data, limit=LARGEST_BODY)


def outcome_key(job_id: str, fence: int) -> str:
    """Return what tells one outcome from another: each run that ends a job is one."""
    return f"{job_id}:{fence}"
