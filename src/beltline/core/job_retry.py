"""The retry policy that a job has of its own, in place of its definition's.

It is numbers alone, so that any worker can keep it: functions and exception types belong to the definition.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias, cast

from beltline.core.errors import InvalidInput
from beltline.core.retry import Retry, retry_from

RetryOption: TypeAlias = Retry | Mapping[str, Any]

_FIELDS: Final = ("max_attempts", "backoff", "base", "cap")
_USUAL: Final = Retry()
_HINT: Final = 'for instance {"max_attempts": 3, "backoff": "fixed", "base": "5s"}'


class JobRetry(NamedTuple):
    """What a job keeps: `max_attempts` None leaves the definition's, `backoff` is the text in the stores."""

    max_attempts: int | None
    backoff: str


def job_retry(given: object) -> JobRetry:
    """Return what a job keeps of a Retry, or of an object with some of its fields.

    Raises InvalidInput for anything else, and for what no row can hold.
    """
    if isinstance(given, Retry):
        return JobRetry(given.max_attempts, _text(given))
    if not isinstance(given, Mapping) or not given:
        raise InvalidInput(f"retry {given!r}: give a Retry or an object, {_HINT}")
    unknown = sorted(map(repr, set(given) - set(_FIELDS)))
    if unknown:
        raise InvalidInput(f"retry: {', '.join(unknown)} unknown; known are {', '.join(_FIELDS)}")
    try:
        retry = Retry(**cast("Mapping[str, Any]", given))
    except InvalidInput as error:
        raise InvalidInput(f"retry: {error}") from error
    return JobRetry(given.get("max_attempts"), _text(retry))


def plain_retry(given: RetryOption) -> dict[str, object]:
    """Return it as the object that means the same to `job_retry`, of JSON values. Raises InvalidInput."""
    kept = job_retry(given)
    retry = retry_of(kept.backoff)
    attempts = {} if kept.max_attempts is None else {"max_attempts": kept.max_attempts}
    return {**attempts, "backoff": retry.backoff, "base": retry.base, "cap": retry.cap}


@lru_cache(maxsize=256)
def retry_of(backoff: str) -> Retry:
    """Return the policy whose delays this text of a job stands for; its times are in seconds."""
    return retry_from(json.loads(backoff))


def _text(retry: Retry) -> str:
    if callable(retry.backoff) or (retry.retry_on, retry.give_up_on) != (_USUAL.retry_on, _USUAL.give_up_on):
        raise InvalidInput(
            "retry: a job keeps numbers alone; give functions and exception types to its definition"
        )
    stored = retry.stored()
    # A column of its own.
    del stored["max_attempts"]
    return json.dumps(stored, separators=(",", ":"), sort_keys=True)
