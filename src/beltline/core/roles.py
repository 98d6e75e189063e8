"""Who may do what: the roles of API keys and the one table of their rights."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Final


class Right(StrEnum):
    """What a caller must be allowed, by route."""

    READ = "read"
    SUBMIT = "submit"
    VIEW_RESULTS = "view_results"
    VIEW_PAYLOADS = "view_payloads"
    CONTROL = "control"
    APPLY = "apply"
    WORK = "work"
    READ_AUDIT = "read_audit"
    MANAGE_KEYS = "manage_keys"
    SUBSCRIBE = "subscribe"


class Role(StrEnum):
    """What an API key may do. Each of the first four may what those before it may; a worker stands apart."""

    VIEWER = "viewer"
    SUBMITTER = "submitter"
    OPERATOR = "operator"
    ADMIN = "admin"
    WORKER = "worker"


_VIEWER: Final = frozenset({Right.READ})
_SUBMITTER: Final = _VIEWER | {Right.SUBMIT, Right.VIEW_RESULTS}
_OPERATOR: Final = _SUBMITTER | {Right.VIEW_PAYLOADS, Right.CONTROL, Right.APPLY}
_ADMIN: Final = _OPERATOR | {Right.READ_AUDIT, Right.MANAGE_KEYS, Right.SUBSCRIBE, Right.WORK}

RIGHTS: Final[Mapping[Role, frozenset[Right]]] = MappingProxyType(
    {
        Role.VIEWER: _VIEWER,
        Role.SUBMITTER: _SUBMITTER,
        Role.OPERATOR: _OPERATOR,
        Role.ADMIN: _ADMIN,
        Role.WORKER: frozenset({Right.WORK, Right.APPLY}),
    }
)


def allows(role: Role, right: Right) -> bool:
    """Return whether a role has a right."""
    return right in RIGHTS[role]


def covers(patterns: tuple[str, ...] | None, definition: str) -> bool:
    """Return whether patterns such as `mail.*` name a definition; None names all of them."""
    return patterns is None or any(fnmatchcase(definition, pattern) for pattern in patterns)
