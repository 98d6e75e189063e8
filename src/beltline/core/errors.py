"""The error tree.

Each error has a stable `code`, its facts as attributes, and a message that says what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class BeltlineError(Exception):
    """Any error that Beltline raises on purpose."""

    code: ClassVar[str] = "error"


class ConfigError(BeltlineError):
    """The configuration cannot be used. `problems` holds every fault found, not just the first."""

    code = "config_invalid"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "the configuration has faults:\n" + "\n".join(f"  - {problem}" for problem in self.problems)
        )


class Unsupported(BeltlineError):
    """This platform or store cannot do what was asked."""

    code = "unsupported"


class InvalidInput(BeltlineError):
    """A value was refused; nothing was stored."""

    code = "invalid_input"


class InvalidPayload(InvalidInput):
    """A payload does not fit its definition. `faults` holds (path, what is wrong) for every fault.

    `options` holds the same of what the submit says beside the payload.
    """

    code = "payload_invalid"

    def __init__(
        self,
        definition: str,
        faults: Sequence[tuple[str, str]],
        *,
        options: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.definition = definition
        self.faults = tuple(faults)
        self.options = tuple(options)
        lines = [f"  - {path or '(whole payload)'}: {what}" for path, what in self.faults]
        if options:
            lines += ["and the job's options:", *(f"  - {what}" for _, what in self.options)]
        told = "\n".join(lines)
        super().__init__(
            f"the payload of {definition!r} was refused:\n{told}\n"
            "Nothing was stored; mend these and submit again."
        )


class InvalidResult(InvalidInput):
    """A result does not fit the annotation of its function.

    `faults` holds (path, what is wrong) for every fault.
    """

    code = "result_invalid"

    def __init__(self, definition: str, faults: Sequence[tuple[str, str]]) -> None:
        self.definition = definition
        self.faults = tuple(faults)
        lines = "\n".join(f"  - {path or '(whole result)'}: {what}" for path, what in self.faults)
        super().__init__(
            f"the result of {definition!r} does not fit its return annotation:\n{lines}\nMend one of the two."
        )


class MalformedJson(InvalidInput):
    """A text is not the JSON that Beltline accepts.

    It is strict: no duplicate names, no NaN, no lone surrogates, no endless depth.
    """

    code = "json_malformed"


class PayloadTooLarge(InvalidInput):
    """A payload, result or log exceeds its limit."""

    code = "payload_too_large"

    def __init__(self, what: str, size: int, limit: int) -> None:
        self.size = size
        self.limit = limit
        super().__init__(
            f"{what} has {size:,} bytes, more than the limit of {limit:,}; pass a reference instead"
        )


class NotFound(BeltlineError):
    """No such thing in this namespace."""

    code = "not_found"

    def __init__(self, what: str, name: str, hint: str = "") -> None:
        self.what = what
        self.name = name
        super().__init__(f"there is no {what} {name!r}" + (f"; {hint}" if hint else ""))


class UnknownDefinition(NotFound):
    """A job was submitted for a definition that nobody has registered."""

    code = "definition_unknown"

    def __init__(self, name: str) -> None:
        super().__init__(
            "job definition",
            name,
            "register it with `beltline definitions apply APP` or by starting a worker that has it",
        )


class InvalidBatch(InvalidInput):
    """Some payloads of a bulk submit were refused. `faults` holds (index from 0, error) for each of them.

    `of`: how many were looked at; `is_whole` False where the look ended early, for there were faults enough.
    `options` holds (path, what is wrong) of options that all have in common.
    """

    code = "batch_invalid"
    most_told: ClassVar[int] = 20

    def __init__(
        self,
        faults: Sequence[tuple[int, InvalidInput]],
        *,
        of: int,
        called: str = "payload",
        is_whole: bool = True,
        options: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.faults = tuple(faults)
        self.of = of
        self.options = tuple(options)
        looked_at = f"{of}" if is_whole else f"the first {of}"
        lines = [f"{len(self.faults)} of {looked_at} payloads refused, nothing stored:"]
        lines += [f"{called} {index + 1}: {error}" for index, error in self.faults[: self.most_told]]
        if len(self.faults) > self.most_told:
            lines.append(f"… and {len(self.faults) - self.most_told} more")
        if options:
            lines += ["and the jobs' options:", *(f"  - {what}" for _, what in self.options)]
        super().__init__("\n".join(lines))


class Forbidden(BeltlineError):
    """The caller did not show that it may do this; nothing was done."""

    code = "forbidden"


class PrerequisiteCycle(InvalidInput):
    """A job would wait for itself. `path` names the jobs of the cycle, the first one again at its end."""

    code = "prerequisite_cycle"

    def __init__(self, path: Sequence[str]) -> None:
        self.path = tuple(path)
        super().__init__(
            f"these jobs would wait for each other for ever: {' → '.join(self.path)}"
            " (each waits for the next); nothing was stored: leave one of these prerequisites out"
        )


class PrerequisiteUnknown(InvalidInput):
    """Jobs wait for ids that no job has, and unknown ids are refused. `pairs`: (dependent, prerequisite)."""

    code = "prerequisite_unknown"

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self.pairs = tuple(pairs)
        named = ", ".join(sorted({prerequisite for _, prerequisite in self.pairs}))
        super().__init__(
            f"there is no job {named} in this namespace to wait for; nothing was stored: mend the ids, or"
            " submit with unknown='wait' where the jobs are still to come"
        )


class Conflict(BeltlineError):
    """The request contradicts what is stored; what is stored was left as it is."""

    code = "conflict"


class ParentEnded(Conflict):
    """Children were submitted for a job that has ended or does not exist. Nothing was stored."""

    code = "parent_ended"

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__(f"job {job_id} has ended, or there is none: it can have no more children")


class StepRepeated(InvalidInput):
    """A run used the name of a step, a wait or a cursor twice."""

    code = "step_repeated"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"this run used the step name {name!r} before; a name stands for one step of the job:"
            f' number them, for instance f"{name}-{{number}}"'
        )


class OnceConflict(Conflict):
    """A key of the once-ledger was used before with other content."""

    code = "once_conflict"

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(
            f"the once-key {key!r} was used before with other content; nothing was entered:"
            " use another key for other content, or find out why it differs"
        )


class KeyReused(Conflict):
    """An idempotency key was used before with another payload."""

    code = "key_reused"

    def __init__(self, key: str, job_id: str) -> None:
        self.key = key
        self.job_id = job_id
        super().__init__(
            f"the idempotency key {key!r} belongs to job {job_id} with another payload;"
            " use a new key or send the same payload"
        )


class IdReused(Conflict):
    """A client-chosen job id exists with another body."""

    code = "id_reused"

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__(
            f"the id {job_id!r} belongs to a job with another definition or payload; choose another id"
        )


class InvalidTransition(Conflict):
    """The job is in a state in which this cannot be done."""

    code = "transition_invalid"

    def __init__(self, job_id: str, state: str, event: str) -> None:
        self.job_id = job_id
        self.state = state
        self.event = event
        super().__init__(f"job {job_id} is {state}: {event} is not possible in this state")


class LeaseLost(Conflict):
    """The job is no longer held under the fence given: another worker or an operator has it now."""

    code = "lease_lost"


class JobFailed(BeltlineError):
    """Awaiting a result met a job that did not succeed. `state` and `reason` say how it ended."""

    code = "job_failed"

    def __init__(self, job_id: str, state: str, reason: str, message: str) -> None:
        self.job_id = job_id
        self.state = state
        self.reason = reason
        super().__init__(f"job {job_id} ended {state} ({reason})" + (f": {message}" if message else ""))


class ResultTimeout(BeltlineError):
    """The job was not final within the time allowed; it goes on."""

    code = "result_timeout"


class StoreError(BeltlineError):
    """The store refused or failed."""

    code = "store_error"


class StoreUnavailable(StoreError):
    """The store cannot be reached now; the call may be repeated."""

    code = "store_unavailable"


class StoreFull(StoreError):
    """The store's disk is full; nothing of this call was stored."""

    code = "store_full"


class StoreBusy(StoreError):
    """The caller's own open write transaction blocks this call; pass its connection as `conn=`."""

    code = "store_busy"


class ObjectsError(BeltlineError):
    """The object store, which keeps what is too large for a row, refused or failed."""

    code = "objects_error"


class ObjectsUnavailable(ObjectsError):
    """The object store cannot be reached or written now; the call may be repeated."""

    code = "objects_unavailable"


class ObjectKeyUnknown(ObjectsError):
    """An object was encrypted with a key that this process does not have. `key_id` names it."""

    code = "object_key_unknown"

    def __init__(self, name: str, key_id: str, *, is_other: bool = False) -> None:
        self.name = name
        self.key_id = key_id
        what = (
            f"the key that objects.keys gives the id {key_id!r} is not the one it was encrypted with"
            if is_other
            else f"it is encrypted with the key {key_id!r}, which objects.keys does not name here"
        )
        super().__init__(f"the object {name} cannot be read: {what}; give this process that key")


class ObjectMissing(ObjectsError):
    """An object that a row refers to does not exist."""

    code = "object_missing"

    def __init__(self, name: str, place: str) -> None:
        self.name = name
        super().__init__(
            f"the object {name} is not in {place}: it was removed by others, or objects.url names another"
            " place than where it was written; put it back and replay the job, or submit it again"
        )


class ObjectCorrupt(ObjectsError):
    """An object is not what was written: its content does not have the hash that the row remembers."""

    code = "object_corrupt"

    def __init__(self, name: str, place: str, what: str) -> None:
        self.name = name
        super().__init__(
            f"the object {name} in {place} is not what was written: {what}; restore it from a copy"
        )


class SchemaOutdated(StoreError):
    """The store's schema is older than this program needs and was not migrated by itself."""

    code = "schema_outdated"


class SchemaTooNew(StoreError):
    """The store was migrated, in a breaking way, by a newer Beltline."""

    code = "schema_too_new"


class NotOpen(BeltlineError):
    """The Beltline was used before it was opened or after it was closed."""

    code = "not_open"


class AppImportFailed(BeltlineError):
    """The app module could not be imported or holds no Beltline."""

    code = "app_import_failed"
