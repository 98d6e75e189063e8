"""Submitting jobs: from a template, a payload and options to stored rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from typing import Final, cast

from beltline.core.codec import payload_hash
from beltline.core.durations import Duration, Moment, micros, moment
from beltline.core.errors import (
    IdReused,
    InvalidBatch,
    InvalidInput,
    InvalidPayload,
    KeyReused,
)
from beltline.core.ids import Random, new_id, new_ids
from beltline.core.job import NewJob
from beltline.core.job_retry import RetryOption, job_retry
from beltline.core.json_faults import member
from beltline.core.needs import Amount, amounts_of, read_needs, resource_faults, tag_faults
from beltline.core.order import HIGHEST_PRIORITY, LOWEST_PRIORITY, order_key
from beltline.core.reasons import Reason
from beltline.core.retry import MOST_ATTEMPTS
from beltline.core.states import JobState
from beltline.definitions.after import Prerequisite
from beltline.definitions.children import Brood
from beltline.engine.after import after_faults, waits_of
from beltline.engine.objects import kept
from beltline.engine.template import Template
from beltline.store.batches import Family
from beltline.store.contract import Store
from beltline.store.edges import NOTHING, Waits
from beltline.store.params import Inserted, Insertion, InsertJobs

MOST_LABELS: Final = 32
# The payload hash comes next.
_PAYLOAD: Final = NewJob._fields.index("payload")
# NewJob._make without its check of the length.
_MADE: Final = partial(cast("Callable[..., NewJob]", tuple.__new__), NewJob)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}")
_VALUE: Final = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{0,256}")


class InvalidOptions(InvalidInput):
    """What a submit says beside the payload was refused. `faults` holds (path, what is wrong) for each."""

    code = "options_invalid"

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        self.faults = tuple(faults)
        lines = "\n".join(f"  - {what}" for _, what in self.faults)
        super().__init__(f"the job's options were refused:\n{lines}")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOptions:
    """What one submit may set. A field left None takes the definition's value.

    `delay` and `run_at` exclude each other, as do `id` and `idempotency_key` / `dedupe`. `deadline`: the job
    must be done by then (a duration from submit, or a moment); `expires`: it must have started by then.
    `after`: jobs that must end first (see After, any_of); `delay` then counts from the end of the last one,
    and `unknown` says what an id means that no job has: "wait" (a week at most), "satisfied" or "refuse".
    `parent`: whose child the job is, `ctx.brood` of a running body.
    `dedupe="content"`: the same payload of the same definition means the same job, as if the payload's hash
    were its idempotency key.
    `retry`: a Retry without functions and exception types, or an object with some of `max_attempts`,
    `backoff`, `base` and `cap`: how the job is tried again. Which errors are, its definition says.
    `resources` and `tags` take the place of the definition's, empty ones ask nothing; `pinned`: whether only
    workers with the version of the definition that it was made from may run it.
    """

    id: str | None = None
    queue: str | None = None
    delay: Duration | None = None
    run_at: Moment | None = None
    priority: int | None = None
    labels: Mapping[str, str] | None = None
    idempotency_key: str | None = None
    dedupe: str | None = None
    deadline: Duration | Moment | None = None
    expires: Duration | Moment | None = None
    timeout: Duration | None = None
    max_attempts: int | None = None
    retry: RetryOption | None = None
    correlation_id: str | None = None
    traceparent: str | None = None
    owner: str | None = None
    actor: str | None = None
    resources: Mapping[str, Amount] | None = None
    tags: Collection[str] | None = None
    pinned: bool | None = None
    after: Sequence[Prerequisite] = ()
    unknown: str = "wait"
    parent: Brood | None = None


DEFAULTS: Final = JobOptions()
OPTION_NAMES: Final = frozenset(field.name for field in fields(JobOptions))


def new_job(template: Template, payload: bytes, options: JobOptions, *, now: int, random: Random) -> NewJob:
    """Return the job to store. Raises InvalidOptions that lists every fault of the options."""
    if options is not DEFAULTS:
        return _with_options(template, payload, options, now, random)
    digest = payload_hash(payload)
    priority = template.priority
    return NewJob(
        new_id(now, random),
        template.name,
        template.version,
        template.queue,
        JobState.QUEUED,
        Reason.SUBMITTED,
        payload,
        digest,
        now,
        now,
        now,
        order_key(now, priority),
        priority,
        template.max_attempts,
        template.timeout_us,
        None if template.deadline_us is None else now + template.deadline_us,
        None if template.expires_us is None else now + template.expires_us,
        f"content:{digest.hex()}" if template.dedupe else None,
        chosen_id=False,
        labels=template.labels,
        owner=template.owner,
        needs=template.needs,
    )


def new_jobs(
    template: Template, payloads: Sequence[bytes], options: JobOptions, *, now: int, random: Random
) -> list[NewJob]:
    """Return a job for each payload, as `new_job` does; the options are looked at once for all."""
    if options.id is not None or options.idempotency_key is not None:
        return [new_job(template, payload, options, now=now, random=random) for payload in payloads]
    if not payloads:
        return []
    first = new_job(template, payloads[0], options, now=now, random=random)
    digests = list(map(payload_hash, payloads[1:]))
    head, tail = first[1:_PAYLOAD], first[_PAYLOAD + 2 :]
    if options.parent is not None and first.idempotency_key is None:
        ids = options.parent.names(first.definition, digests)
    else:
        own, *ids = new_ids(now, random, len(payloads))
        first = first._replace(id=own)
    # `_replace` goes by the names of all fields, and takes three times as long.
    jobs = [
        _MADE((job_id, *head, payload, digest, *tail))
        for job_id, payload, digest in zip(ids, payloads[1:], digests, strict=True)
    ]
    if first.idempotency_key is not None:
        jobs = [job._replace(idempotency_key=f"content:{job.payload_hash.hex()}") for job in jobs]
    return [first, *jobs]


def _with_options(
    template: Template, payload: bytes, options: JobOptions, now: int, random: Random
) -> NewJob:
    require_options(options)
    job = new_job(template, payload, DEFAULTS, now=now, random=random)
    priority = job.priority if options.priority is None else options.priority
    run_at = now
    if options.run_at is not None:
        run_at = moment(options.run_at, what="run_at")
    elif options.delay is not None and not options.after:
        run_at = now + micros(options.delay, what="delay")
    later = run_at > now
    state, reason = _start(is_waiting=bool(options.after), later=later)
    is_queued = state is JobState.QUEUED
    key = options.idempotency_key or (
        f"content:{job.payload_hash.hex()}" if options.dedupe else job.idempotency_key
    )
    job_id, is_chosen = options.id or job.id, options.id is not None
    if options.parent is not None and options.id is None and key is None:
        [job_id], is_chosen = options.parent.names(job.definition, [job.payload_hash]), options.parent.looks
    attempts, backoff = (None, None) if options.retry is None else job_retry(options.retry)
    return job._replace(
        id=job_id,
        chosen_id=is_chosen,
        queue=options.queue or job.queue,
        state=state,
        reason=reason,
        run_at=max(run_at, now),
        queued_at=now if is_queued else None,
        order_key=order_key(now, priority) if is_queued else None,
        priority=priority,
        max_attempts=options.max_attempts or attempts or job.max_attempts,
        timeout_us=job.timeout_us if options.timeout is None else micros(options.timeout, what="timeout"),
        deadline_at=job.deadline_at
        if options.deadline is None
        else _until(options.deadline, now, "deadline"),
        expires_at=job.expires_at if options.expires is None else _until(options.expires, now, "expires"),
        idempotency_key=None if options.id else key,
        labels={**(template.labels or {}), **options.labels} if options.labels else job.labels,
        correlation_id=options.correlation_id or (options.parent.correlation_id if options.parent else None),
        traceparent=options.traceparent,
        owner=options.owner or job.owner,
        actor=options.actor,
        needs=_needs(template, options),
        backoff=backoff,
    )


def _needs(template: Template, options: JobOptions) -> str:
    if options.resources is None and options.tags is None and options.pinned is None:
        return template.needs
    needs = read_needs(template.needs)
    if options.resources is not None:
        needs = needs._replace(amounts=amounts_of(options.resources))
    if options.tags is not None:
        needs = needs._replace(tags=frozenset(options.tags))
    if options.pinned is not None:
        needs = needs._replace(
            definition=template.name if options.pinned else None,
            version=template.version if options.pinned else None,
        )
    return needs.text()


def _start(*, is_waiting: bool, later: bool) -> tuple[JobState, Reason]:
    if is_waiting:
        return JobState.WAITING, Reason.PREREQUISITES
    return (JobState.SCHEDULED, Reason.DELAYED) if later else (JobState.QUEUED, Reason.SUBMITTED)


def waits_for(options: JobOptions, jobs: Sequence[NewJob]) -> Waits:
    """Return what these jobs, made with these options, wait for."""
    if not options.after:
        return NOTHING
    delay_us = 0 if options.delay is None else micros(options.delay, what="delay")
    return waits_of([job.id for job in jobs], options.after, delay_us=delay_us, unknown=options.unknown)


def _until(value: Duration | Moment, now: int, what: str) -> int:
    """A text such as "5m" is a duration, one such as 2026-11-22T… a moment."""
    if isinstance(value, datetime) or (isinstance(value, str) and re.match(r"\d{4}-", value)):
        return moment(value, what=what)
    return now + micros(value, what=what)


def require_options(options: JobOptions) -> None:
    """Raise InvalidOptions that lists every fault of the options."""
    faults = list(option_faults(options))
    if faults:
        raise InvalidOptions(faults)


def with_option_faults(error: InvalidPayload | InvalidBatch, options: JobOptions) -> InvalidInput:
    """Return what refuses a payload, or some, with what is wrong with the options: all is told at once."""
    found = tuple(option_faults(options))
    if not found:
        return error
    if isinstance(error, InvalidPayload):
        return InvalidPayload(error.definition, error.faults, options=found)
    return InvalidBatch(error.faults, of=error.of, options=found)


def option_faults(options: JobOptions) -> Iterator[tuple[str, str]]:
    """Yield the path and the words of every fault of the options."""
    yield from _exclusions(options)
    yield from _name_faults(options)
    yield from _number_faults(options)
    yield from _time_faults(options)
    yield from _label_faults(options.labels)
    yield from (("resources", what) for what in resource_faults(options.resources))
    yield from (("tags", what) for what in tag_faults(options.tags))
    pinned: object = options.pinned
    if pinned is not None and not isinstance(pinned, bool):
        yield "pinned", f"pinned {options.pinned!r}: use True or False"
    yield from after_faults(options.after, options.unknown)


def _exclusions(options: JobOptions) -> Iterator[tuple[str, str]]:
    if options.delay is not None and options.run_at is not None:
        yield "delay", "delay and run_at exclude each other: give one of them"
    if options.id is not None and (options.idempotency_key is not None or options.dedupe):
        yield (
            "id",
            "id and idempotency_key (or dedupe) exclude each other: each alone makes a submit repeatable",
        )
    if options.dedupe not in {None, "content"}:
        yield "dedupe", f"dedupe {options.dedupe!r} is unknown; use 'content'"


def _name_faults(options: JobOptions) -> Iterator[tuple[str, str]]:
    for what in ("id", "queue"):
        name = getattr(options, what)
        if name is not None and not _fits(_NAME, name):
            yield (
                what,
                f"{what} {name!r}: use 1 to 128 letters, digits and . _ : / @ -, first a letter or digit",
            )
    for what in ("idempotency_key", "correlation_id", "traceparent", "owner", "actor"):
        text = getattr(options, what)
        if text is not None and not (text and _fits(_VALUE, text)):
            yield what, f"{what}: use 1 to 256 printable characters"


def _number_faults(options: JobOptions) -> Iterator[tuple[str, str]]:
    for what, least, most in (
        ("priority", LOWEST_PRIORITY, HIGHEST_PRIORITY),
        ("max_attempts", 1, MOST_ATTEMPTS),
    ):
        value = getattr(options, what)
        if value is not None and not (type(value) is int and least <= value <= most):
            yield what, f"{what} {value!r}: use a whole number from {least:,} to {most:,}"
    if options.retry is not None:
        try:
            job_retry(options.retry)
        except InvalidInput as error:
            yield "retry", str(error)


def _time_faults(options: JobOptions) -> Iterator[tuple[str, str]]:
    readers: tuple[tuple[str, Callable[[str], object]], ...] = (
        ("delay", lambda what: micros(cast("Duration", options.delay), what=what)),
        ("timeout", lambda what: micros(cast("Duration", options.timeout), what=what)),
        ("run_at", lambda what: moment(cast("Moment", options.run_at), what=what)),
        ("deadline", lambda what: _until(cast("Duration | Moment", options.deadline), 0, what)),
        ("expires", lambda what: _until(cast("Duration | Moment", options.expires), 0, what)),
    )
    for what, read in readers:
        if getattr(options, what) is not None:
            try:
                read(what)
            except InvalidInput as error:
                yield what, str(error)


def _label_faults(labels: object) -> Iterator[tuple[str, str]]:
    if labels is None:
        return
    if not isinstance(labels, Mapping):
        yield "labels", f"labels {labels!r}: give a mapping of names to texts"
        return
    if len(labels) > MOST_LABELS:
        yield "labels", f"labels: {len(labels)} given, at most {MOST_LABELS} are kept"
    for name, value in labels.items():
        if not _fits(_NAME, name):
            yield member("labels", name), f"label name {name!r}: use 1 to 128 letters, digits and . _ : / @ -"
        if not _fits(_VALUE, value):
            yield (
                member("labels", name),
                f"label {name!r}: the value must be a text of at most 256 printable characters",
            )


def _fits(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


async def insert(
    store: Store,
    namespace: str,
    jobs: Sequence[NewJob],
    *,
    all_or_none: bool,
    waits: Waits = NOTHING,
    family: Family | None = None,
) -> list[Inserted]:
    """Store jobs; one answer each, conflicts among them (see `accepted`).

    Raises ObjectsUnavailable where a large payload cannot be put away; then nothing was stored.
    """
    jobs = await kept(store, namespace, jobs)
    return await store.jobs.insert(
        InsertJobs(
            namespace=namespace,
            jobs=jobs,
            all_or_none=all_or_none,
            now=store.now(),
            waits=waits,
            family=family,
        )
    )


def accepted(job: NewJob, answer: Inserted) -> str:
    """Return the stored job's id. Raises KeyReused or IdReused where the store refused."""
    if answer.outcome is Insertion.KEY_REUSED:
        raise KeyReused(job.idempotency_key or "", answer.id)
    if answer.outcome is Insertion.ID_REUSED:
        raise IdReused(job.id)
    return answer.id
