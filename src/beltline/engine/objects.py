"""What is too large for a row: put into the object store before the row is written, fetched when needed.

The object comes first and the row refers to it: a crash between leaves an object that nobody refers to, never
a row whose object is missing. An object goes only when its job is gone: `sweep` sees to both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, cast

from beltline.core.clock import DAY
from beltline.core.codec import PAYLOAD_LIMIT, dump_json, parse_json
from beltline.core.errors import ObjectsError, ObjectsUnavailable
from beltline.core.job import Job, NewJob
from beltline.core.outcome import Outcome
from beltline.objects.names import day_of, job_of
from beltline.objects.objects import Objects
from beltline.objects.reference import Reference, is_reference, reference_of
from beltline.store.artifact import StoredArtifact
from beltline.store.contract import Store
from beltline.store.log_lines import LogLine, NewLogLine
from beltline.store.steps import NewStep, Remembered

# The field of a log line that says where its whole message is.
WHOLE_MESSAGE: Final = "message_object"


class NewArtifact(NamedTuple):
    """Something that a run made beside its result."""

    job_id: str
    run: int
    name: str
    type: str
    data: bytes


def payload_limit(store: Store) -> int:
    """Return how many bytes a payload or a result may have on this store."""
    return PAYLOAD_LIMIT if store.objects is None else store.objects.limit


def is_large(store: Store, data: bytes | None) -> bool:
    """Say whether bytes belong into the object store."""
    return store.objects is not None and data is not None and len(data) > store.objects.threshold


async def kept(store: Store, namespace: str, jobs: Sequence[NewJob]) -> Sequence[NewJob]:
    """Return the jobs with large payloads put into the object store and references in their place.

    Payload hashes stay those of the plain payloads. Raises PayloadTooLarge and ObjectsUnavailable: then no
    row may be written.
    """
    objects = store.objects
    if objects is None:
        return jobs
    large = [index for index, job in enumerate(jobs) if len(job.payload) > objects.threshold]
    if not large:
        return jobs
    contents = [(jobs[index].id, jobs[index].payload) for index in large]
    references = await objects.keep(namespace, contents, at=store.now(), what="the payload")
    changed = list(jobs)
    for index, reference in zip(large, references, strict=True):
        changed[index] = jobs[index]._replace(payload=reference.packed())
    return changed


async def kept_payload(store: Store, namespace: str, job_id: str, payload: bytes) -> bytes:
    """Return the bytes that stand for a job's new payload in its row. Raises what `kept` raises."""
    if store.objects is None or not is_large(store, payload):
        return payload
    contents = [(job_id, payload)]
    [reference] = await store.objects.keep(namespace, contents, at=store.now(), what="the payload")
    return reference.packed()


async def kept_result(store: Store, namespace: str, job_id: str, outcome: Outcome) -> Outcome:
    """Return an outcome with a reference in place of a large result. Raises what `kept` raises."""
    if store.objects is None or outcome.result is None or not is_large(store, outcome.result):
        return outcome
    contents = [(job_id, outcome.result)]
    [reference] = await store.objects.keep(namespace, contents, at=store.now(), what="the result")
    return outcome._replace(result=reference.packed())


async def kept_step(store: Store, namespace: str, step: NewStep) -> NewStep:
    """Return a done step with a reference in place of a large result. Raises what `kept` raises."""
    if store.objects is None or not is_large(store, step.result):
        return step
    contents = [(step.job_id, step.result)]
    what = f"the result of step {step.name!r}"
    [reference] = await store.objects.keep(namespace, contents, at=store.now(), what=what)
    return step._replace(result=reference.packed())


async def whole_steps(store: Store, rows: Sequence[Remembered]) -> list[Remembered]:
    """Return what a job remembers with the results themselves, where rows refer to them.

    Raises as `whole` does.
    """
    return [
        row._replace(value=await whole_bytes(store, row.value)) if is_reference(row.value) else row
        for row in rows
    ]


async def kept_line(store: Store, namespace: str, line: NewLogLine, message: bytes) -> NewLogLine:
    """Return a line of a log whose whole message is in the object store. Raises what `kept` raises."""
    contents = [(line.job_id, message)]
    what = f"a log line of job {line.job_id}"
    [reference] = await _objects(store).keep(namespace, contents, at=store.now(), what=what)
    fields = {**_fields(line.fields), WHOLE_MESSAGE: reference._asdict()}
    return line._replace(fields=dump_json(fields).decode())


async def whole_lines(store: Store, lines: Sequence[LogLine]) -> list[LogLine]:
    """Return lines with their whole messages; one whose object cannot be read keeps its beginning."""
    return [await _whole_line(store, line) if WHOLE_MESSAGE in line.fields else line for line in lines]


async def _whole_line(store: Store, line: LogLine) -> LogLine:
    fields = _fields(line.fields)
    try:
        reference = Reference(**fields.pop(WHOLE_MESSAGE))
        message = (await _objects(store).fetch(reference)).decode()
    except (ObjectsError, KeyError, TypeError):
        return line
    return line._replace(message=message, fields=dump_json(fields).decode() if fields else "")


def _fields(text: str) -> dict[str, Any]:
    return cast("dict[str, Any]", parse_json(text)) if text else {}


async def whole(store: Store, job: Job) -> Job:
    """Return a job with its payload and result themselves, where the row refers to them.

    Raises ObjectsUnavailable, ObjectMissing, ObjectCorrupt, ObjectKeyUnknown.
    """
    if is_reference(job.payload):
        job = job._replace(payload=await whole_bytes(store, job.payload))
    if job.result is not None and is_reference(job.result):
        job = job._replace(result=await whole_bytes(store, job.result))
    return job


async def whole_bytes(store: Store, data: bytes) -> bytes:
    """Return what bytes of a row stand for: themselves, or what they refer to. Raises as `whole` does."""
    if not is_reference(data):
        return data
    return await _objects(store).fetch(reference_of(data))


async def add_artifact(store: Store, namespace: str, artifact: NewArtifact) -> None:
    """Keep an artifact: its content, then its place in the job's list. Raises what `kept` raises."""
    job_id, run, name, kind, data = artifact
    now = store.now()
    [reference] = await _objects(store).keep(
        namespace, [(job_id, data)], at=now, what=f"the artifact {name!r}"
    )
    row = StoredArtifact(job_id, run, name, kind, len(data), reference.packed(), now)
    await store.artifacts.add(namespace, row)


async def sweep(store: Store, namespace: str, *, days: int) -> int:
    """Remove the objects, older than `days` (at least one), of jobs that are gone or never came to be.

    Return how many. What is younger may belong to a row that is on its way; and no object is written into a
    day that is over, so nothing comes back between the look at the jobs and the removal.
    """
    objects = store.objects
    if objects is None:
        return 0
    removed = 0
    last = day_of(store.now() - days * DAY)
    for day in await objects.days(namespace):
        if day >= last:
            break
        async for names in objects.written(namespace, day):
            owners = {name: job_of(name) for name in names}
            ids = sorted({owner for owner in owners.values() if owner is not None})
            known = await store.reads.known(namespace, ids)
            gone = [name for name, owner in owners.items() if owner not in known]
            await objects.remove(gone)
            removed += len(gone)
    return removed


def _objects(store: Store) -> Objects:
    if store.objects is None:
        raise ObjectsUnavailable(
            "this row refers to the object store, but this process has none: give it the objects.url with"
            " which the row was written"
        )
    return store.objects
