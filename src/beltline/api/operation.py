"""An operation: one route, with all that guards, reads and documents it. Nothing else makes routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from beltline.api.callers import Caller
from beltline.api.desk import Desk
from beltline.core.roles import Right

Q_co = TypeVar("Q_co", covariant=True)
B_co = TypeVar("B_co", covariant=True)

PREFIX: Final = "/api/v1/namespaces/{namespace}"
JSON: Final = "application/json"


class Query(BaseModel):
    """The parameters of a query; each field is one. A list may be given several times."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class Call(Generic[Q_co, B_co]):
    """A request that was let in, with its parameters read and valid."""

    desk: Desk
    caller: Caller
    namespace: str
    parts: Mapping[str, str]
    query: Q_co
    body: B_co
    request: Request

    @property
    def actor(self) -> str:
        """Who acts."""
        return self.caller.actor


# Returns what else is wrong with the body of a request that is refused for some of its fields.
Further = Callable[[Call[Any, Any], object], Awaitable[Sequence[tuple[str, str]]]]
Handler = Callable[[Call[Any, Any]], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a success looks like. `type` is None where there is no body or it is not JSON."""

    type: Any = None
    status: int = 200
    media: str = JSON
    example: Any = None
    what: str = "Done."


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path below a namespace.

    `refusals` are the statuses that it may give beside those of every operation. `replayable` False: what it
    answers is a secret, and is never kept for a repeated request. `is_submit`: a flood of it waits in line.
    `further` looks for faults that only the store can tell, where others are found before.
    """

    name: str
    method: str
    path: str
    tag: str
    summary: str
    right: Right
    handler: Handler
    answered: Answered
    query: type[BaseModel] = Query
    body: type[BaseModel] | None = None
    example: Mapping[str, Any] | None = None
    refusals: tuple[int, ...] = field(default=())
    replayable: bool = True
    is_submit: bool = False
    further: Further | None = None

    @property
    def full_path(self) -> str:
        """The path with its prefix."""
        return PREFIX + self.path
