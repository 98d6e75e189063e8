"""From answers of REST back to jobs and errors: the mirror of `shapes` and `problems`."""

from __future__ import annotations

import json
from typing import Any, Final

from beltline.core.codec import dump_json
from beltline.core.durations import moment
from beltline.core.errors import BeltlineError, InvalidPayload
from beltline.core.job import Job
from beltline.core.job_retry import job_retry
from beltline.core.needs import Needs, amounts_of
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.definitions.workflow import InvalidWorkflow
from beltline.engine.submit import InvalidOptions

_TIMES: Final = (
    "created_at",
    "run_at",
    "queued_at",
    "started_at",
    "finished_at",
    "deadline_at",
    "expires_at",
    "discarded_at",
)


class ServiceRefused(BeltlineError):
    """The service refused for a reason that a store does not have: a key, a limit.

    `problem_code` says which.
    """

    code = "service_refused"

    def __init__(self, problem_code: str, detail: str) -> None:
        self.problem_code = problem_code
        super().__init__(f"{detail} [{problem_code}]")


def job_of(body: dict[str, Any]) -> Job:
    """Return the job of a body; what the body does not hold is empty.

    That is its hash, its place in the queue and the version that ran.
    """
    times = {name: None if body[name] is None else moment(body[name]) for name in _TIMES}
    timeout = body["timeout_s"]
    known = {name: body[name] for name in Job._fields if name in body}
    return Job(
        **{
            **known,
            **times,
            "state": JobState(body["state"]),
            "reason": Reason(body["reason"]),
            "paused_from": JobState(body["paused_from"]) if body["paused_from"] else None,
            "labels": body["labels"] or None,
            "payload": dump_json(body["payload"]) if "payload" in body else b"",
            "result": dump_json(body["result"]) if body.get("result") is not None else None,
            "error": dump_json(body["error"]) if body["error"] else None,
            "timeout_us": None if timeout is None else round(timeout * 1_000_000),
            "payload_hash": b"",
            "order_key": None,
            "needs": _needs(body),
            "ran_version": None,
            "backoff": backoff_of(body["retry"]),
        }
    )


def backoff_of(body: dict[str, Any] | None) -> str | None:
    """Return the text of a retry policy of a job's own."""
    if body is None:
        return None
    return job_retry({"backoff": body["backoff"], "base": body["base_s"], "cap": body["cap_s"]}).backoff


def _needs(body: dict[str, Any]) -> str:
    needs = Needs(amounts_of(body["resources"]), frozenset(body["tags"]))
    pin = (body["definition"], body["version"]) if body["pinned"] else (None, None)
    return needs._replace(definition=pin[0], version=pin[1]).text()


def error_of(status: int, content: bytes) -> BeltlineError:
    """Return the error that a problem stands for: where there is one, of a store's own classes."""
    try:
        problem = json.loads(content)
        code, detail = str(problem["code"]), str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        return ServiceRefused("unknown", f"the service answered {status} and no problem: is it Beltline's?")
    kinds = {kind.code: kind for kind in _kinds(BeltlineError)}
    kind = kinds.get(code)
    if kind is None:
        return ServiceRefused(code, detail)
    faults = [(fault["path"], fault["message"]) for fault in problem.get("faults", ())]
    if kind is InvalidPayload:
        return InvalidPayload("job", faults)
    # Made without its facts, which the message holds: a caller goes by the class.
    error = kind.__new__(kind)
    BeltlineError.__init__(error, detail)
    if isinstance(error, InvalidOptions):
        error.faults = tuple(faults)
    if isinstance(error, InvalidWorkflow):
        error.faults = tuple(what for _, what in faults)
    return error


def _kinds(kind: type[BeltlineError]) -> list[type[BeltlineError]]:
    return [kind, *(inner for each in kind.__subclasses__() for inner in _kinds(each))]
