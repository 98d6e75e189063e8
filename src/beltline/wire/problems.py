"""Errors over HTTP: RFC 9457 problems with a stable code, and the status that each error has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from itertools import islice
from typing import Final, NotRequired

from typing_extensions import TypedDict

from beltline.config import masked
from beltline.core.errors import (
    BeltlineError,
    Conflict,
    InvalidBatch,
    InvalidInput,
    InvalidPayload,
    MalformedJson,
    NotFound,
    ObjectsError,
    ObjectsUnavailable,
    PayloadTooLarge,
    StoreBusy,
    StoreFull,
    StoreUnavailable,
    UnknownDefinition,
)
from beltline.core.json_faults import member
from beltline.definitions.workflow import InvalidWorkflow
from beltline.engine.submit import InvalidOptions

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 1
MOST_FAULTS: Final = 1_000

# The first kind that an error is of counts.
_STATUSES: Final[Sequence[tuple[type[BeltlineError], HTTPStatus]]] = (
    (MalformedJson, HTTPStatus.BAD_REQUEST),
    (PayloadTooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (UnknownDefinition, HTTPStatus.UNPROCESSABLE_ENTITY),
    (InvalidInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Conflict, HTTPStatus.CONFLICT),
    (StoreFull, HTTPStatus.INSUFFICIENT_STORAGE),
    (StoreBusy, HTTPStatus.SERVICE_UNAVAILABLE),
    (StoreUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (ObjectsUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (ObjectsError, HTTPStatus.BAD_GATEWAY),
)


class FaultBody(TypedDict):
    """One fault of a request: where it is, and what is wrong."""

    path: str
    message: str


class ProblemBody(TypedDict):
    """Why a request was refused. Programs go by `code`, people by `detail`."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    faults: NotRequired[list[FaultBody]]


class Refused(BeltlineError):
    """A request that HTTP itself, a limit or a right refuses.

    `retry_after` is in seconds.
    """

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        faults: Sequence[tuple[str, str]] = (),
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        self.reason_code = code
        self.faults = tuple(faults)
        self.retry_after = retry_after
        super().__init__(detail)


def status_of(error: BeltlineError) -> HTTPStatus:
    """Return the HTTP status of an error."""
    if isinstance(error, Refused):
        return error.status
    found = (status for kind, status in _STATUSES if isinstance(error, kind))
    return next(found, HTTPStatus.INTERNAL_SERVER_ERROR)


def retry_after_of(error: BeltlineError) -> float | None:
    """Return after how many seconds a repeat may help; None where it will not by itself."""
    if isinstance(error, Refused):
        return error.retry_after
    return RETRY_SECONDS if status_of(error) is HTTPStatus.SERVICE_UNAVAILABLE else None


def problem_of(error: BeltlineError) -> ProblemBody:
    """Return what the caller is told; passwords in it are masked."""
    code = error.reason_code if isinstance(error, Refused) else error.code
    status = status_of(error)
    found: ProblemBody = {
        "type": f"urn:beltline:problem:{code}",
        "title": code.replace("_", " "),
        "status": status.value,
        "code": code,
        "detail": masked(str(error)),
    }
    faults = fault_bodies(error)
    if faults:
        found["faults"] = faults
    return found


def fault_bodies(error: BeltlineError) -> list[FaultBody]:
    """Return the faults that an error holds, at most `MOST_FAULTS`; passwords in them are masked."""
    return [
        {"path": path, "message": masked(what)} for path, what in islice(located_faults(error), MOST_FAULTS)
    ]


def located_faults(error: BeltlineError) -> Iterator[tuple[str, str]]:
    """Yield the path in the request and the words of each fault that an error holds."""
    if isinstance(error, Refused | InvalidOptions):
        yield from error.faults
    elif isinstance(error, InvalidPayload):
        yield from error.options
        yield from ((_inside("payload", path), what) for path, what in error.faults)
    elif isinstance(error, InvalidWorkflow):
        yield from (("", what) for what in error.faults)
    elif isinstance(error, InvalidBatch):
        yield from error.options
        for index, fault in error.faults:
            inner = list(located_faults(fault)) or [("", str(fault))]
            yield from ((_inside(member("jobs", index), path), what) for path, what in inner)


def _inside(outer: str, path: str) -> str:
    if not path:
        return outer
    return f"{outer}{path}" if path.startswith("[") else f"{outer}.{path}"
