"""Answers of the REST service that a repeated request gets again: a part of the contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from beltline.core.clock import DAY, MINUTE

KEPT_US: Final = DAY
# Whoever began a request and gave no answer for so long is gone; a repeat may do it again.
ABANDONED_US: Final = MINUTE


class Answer(NamedTuple):
    """What an earlier request with the same idempotency key was, and the answer it got.

    `status` and `body` are None while it is being answered.
    """

    request_hash: bytes
    status: int | None
    body: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginAnswer:
    """A request that carries an idempotency key; `caller` is the API key's id."""

    namespace: str
    caller: str
    idempotency_key: str
    request_hash: bytes
    now: int


class AnswerStore(Protocol):
    """The first answers, by namespace, caller and idempotency key, for KEPT_US."""

    async def begin(self, params: BeginAnswer) -> Answer | None:
        """Note that this request is being answered: None. Or return the earlier one that has its key.

        One that has expired, or was begun ABANDONED_US ago without an answer, is taken over.
        """
        ...

    async def keep(self, params: BeginAnswer, status: int, body: bytes) -> None:
        """Keep the answer of a request that was begun."""
        ...

    async def forget(self, params: BeginAnswer) -> None:
        """Forget a request that was begun: it may be repeated."""
        ...

    async def prune(self, namespace: str, now: int, limit: int) -> int:
        """Remove up to `limit` expired answers; return how many."""
        ...
