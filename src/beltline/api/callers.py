"""Who calls: API keys, looked up by the hash of their token and remembered for some seconds."""

from __future__ import annotations

from collections import OrderedDict
from http import HTTPStatus
from typing import Final, NamedTuple, Protocol

from beltline.core.clock import MICROS, Clock
from beltline.core.roles import Right, Role, allows, covers
from beltline.engine.api_keys import is_live, token_hash
from beltline.store.api_keys import ApiKey
from beltline.store.contract import Store
from beltline.wire.problems import Refused

# So long a key that another process revoked may still be used here.
REMEMBERED_US: Final = 5 * MICROS
_MOST_REMEMBERED: Final = 10_000


class Caller(NamedTuple):
    """The API key behind a request, or what an issuer's token stands for: that has no hash."""

    key: ApiKey

    @property
    def actor(self) -> str:
        """Who acts, as the audit and the jobs keep it."""
        if not self.key.hash:
            return self.key.id
        return f"api-key:{self.key.name or self.key.prefix}:{self.key.id}"

    def may(self, right: Right) -> bool:
        """Return whether the key has a right."""
        return allows(Role(self.key.role), right)

    def covers(self, definition: str) -> bool:
        """Return whether the key is for jobs of this definition."""
        return covers(self.key.definitions, definition)


class TokenKeys(Protocol):
    """Turns a token of an issuer into what an API key would be."""

    async def key_of(self, token: str, namespace: str | None, now: int) -> ApiKey | None:
        """Return the rights that a token gives in a namespace; None where it is not good."""
        ...


class Callers:
    """Finds the key of a token, and notes when keys were used without a write for each request."""

    def __init__(self, store: Store, *, clock: Clock, tokens: TokenKeys | None = None) -> None:
        self._store = store
        self._tokens = tokens
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[ApiKey, int]] = OrderedDict()
        self._used: dict[tuple[str, str], int] = {}

    async def of(self, authorization: str | None, namespace: str | None = None) -> Caller:
        """Return the caller of a request, for a token with the rights that it has in the namespace.

        Raises Refused (401) where it shows no live key.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthorized("api_key_missing", "send an API key: Authorization: Bearer belt_…")
        digest = token_hash(token.strip())
        now = self._store.now()
        if digest is None and self._tokens is not None:
            key = await self._tokens.key_of(token.strip(), namespace, now)
            if key is not None:
                return Caller(key)
        key = None if digest is None else await self._find(digest)
        if key is None or not is_live(key, now):
            raise _unauthorized("api_key_invalid", "this API key is unknown or has ended; ask for a new one")
        self._used[key.namespace, key.id] = now
        return Caller(key)

    def forget(self) -> None:
        """Look every key up anew: one was changed here."""
        self._known.clear()

    async def flush(self) -> bool:
        """Write when keys were last used."""
        used, self._used = self._used, {}
        if used:
            await self._store.api_keys.note_used(
                [(namespace, key_id, at) for (namespace, key_id), at in used.items()]
            )
        return False

    async def _find(self, digest: bytes) -> ApiKey | None:
        now = self._clock.monotonic()
        known = self._known.get(digest)
        if known is not None and now - known[1] < REMEMBERED_US:
            return known[0]
        key = await self._store.api_keys.find(digest)
        if key is None:
            self._known.pop(digest, None)
            return None
        self._known[digest] = key, now
        if len(self._known) > _MOST_REMEMBERED:
            self._known.popitem(last=False)
        return key


def _unauthorized(code: str, detail: str) -> Refused:
    return Refused(HTTPStatus.UNAUTHORIZED, code, detail)
