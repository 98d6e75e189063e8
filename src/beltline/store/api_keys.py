"""API keys as the store keeps them: the rows and the verbs, a part of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from beltline.store.params import AuditEntry


class ApiKey(NamedTuple):
    """A key of one namespace. Only the SHA-256 of the token is known; `prefix` is how people recognize it.

    `definitions` are the patterns that a worker's key is for. `used_at` lags behind by up to a minute.
    """

    namespace: str
    id: str
    name: str
    role: str
    definitions: tuple[str, ...] | None
    prefix: str
    hash: bytes
    created_at: int
    created_by: str
    expires_at: int | None
    revoked_at: int | None = None
    used_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateApiKey:
    """Put `new` in place of the key `id`, which ends at `until` unless it ends sooner."""

    namespace: str
    id: str
    new: ApiKey
    until: int
    now: int
    audit: Sequence[AuditEntry] = ()


class ApiKeyStore(Protocol):
    """The keys by which callers of the REST service are known."""

    async def add(self, key: ApiKey, *, audit: Sequence[AuditEntry] = ()) -> None:
        """Store a key."""
        ...

    async def find(self, hash: bytes) -> ApiKey | None:  # noqa: A002 - the column's name
        """Return the key whose token has this hash, in whatever namespace, ended or not."""
        ...

    async def page(self, namespace: str) -> list[ApiKey]:
        """Return the keys of a namespace, newest first, ended ones included."""
        ...

    async def revoke(
        self, namespace: str, key_id: str, now: int, *, audit: Sequence[AuditEntry] = ()
    ) -> bool:
        """End a key now; False where there is none that is not revoked yet."""
        ...

    async def rotate(self, params: RotateApiKey) -> bool:
        """Store the new key and end the old one later; False where the old one has ended or is unknown."""
        ...

    async def namespaces(self) -> list[str]:
        """Return the namespaces that have keys, by name."""
        ...

    async def note_used(self, used: Sequence[tuple[str, str, int]]) -> None:
        """Note when keys, as (namespace, id), were last used; an earlier time changes nothing."""
        ...
