"""OpenID Connect bearer tokens: checked by the issuer's public keys, their claim says who may do what.

Only opened where the service names an issuer; needs the extra `oidc`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from beltline.core.clock import MICROS, MINUTE, Clock
from beltline.core.errors import ConfigError
from beltline.core.roles import Role
from beltline.store.api_keys import ApiKey

# Signatures of key pairs only: with a shared secret whoever checks a token could make one.
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY_S: Final = 30
KEPT_US: Final = 10 * MINUTE
# An unknown key id makes us look for new keys, but not for every made-up token.
SOONEST_US: Final = 30 * MICROS
LONGEST_TOKEN: Final = 16_384
# A hundred keys of RSA take about 50,000 bytes.
LARGEST_KEYS: Final = 1_024 * 1_024
_FETCH_S: Final = 10.0

Fetch = Callable[[str], Awaitable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Whose tokens are taken. `keys` is the URL or the file of the JWKS.

    `claim` names the claim that maps namespaces to roles: `{"shop": "operator"}`.
    """

    issuer: str
    audience: str
    keys: str
    claim: str = "beltline"


class Tokens:
    """Turns a token into what an API key of its namespace would be."""

    def __init__(self, issuer: Issuer, *, clock: Clock, fetch: Fetch | None = None) -> None:
        self._issuer = issuer
        self._clock = clock
        self._fetch = fetch or fetched
        self._keys: KeySet | None = None
        self._looked_at = 0
        self._looking = asyncio.Lock()

    async def key_of(self, token: str, namespace: str | None, now: int) -> ApiKey | None:
        """Return the rights that a token gives in a namespace (None: in its first); None where none."""
        if len(token) > LONGEST_TOKEN:
            return None
        try:
            claims = await self._claims(token, now)
        except (JoseError, ValueError):
            return None
        roles = claims.get(self._issuer.claim)
        if not isinstance(roles, Mapping) or not roles:
            return None
        place = namespace if namespace in roles else next(iter(roles))
        role = roles[place]
        if role not in {each.value for each in Role}:
            return None
        subject = str(claims["sub"])[:128]
        return ApiKey(
            namespace=str(place),
            id=f"oidc:{subject}",
            name=subject,
            role=str(role),
            definitions=None,
            prefix="oidc",
            hash=b"",
            created_at=now,
            created_by=self._issuer.issuer,
            expires_at=int(claims["exp"]) * MICROS,
        )

    async def check(self) -> None:
        """Fetch the keys once. Raises ConfigError where there are none."""
        try:
            await self._look()
        except (OSError, ValueError, JoseError) as error:
            raise ConfigError([f"no keys at {self._issuer.keys}: {error}"]) from error

    async def _claims(self, token: str, now: int) -> dict[str, Any]:
        if self._keys is None or self._age() > KEPT_US:
            await self._look_quietly()
        try:
            found = self._decoded(token)
        except (InvalidKeyIdError, ValueError):
            if self._age() < SOONEST_US:
                raise
            await self._look_quietly()
            found = self._decoded(token)
        issuer = self._issuer
        jwt.JWTClaimsRegistry(
            now=now // MICROS,
            leeway=LEEWAY_S,
            iss={"essential": True, "value": issuer.issuer},
            aud={"essential": True, "value": issuer.audience},
            sub={"essential": True},
            exp={"essential": True},
        ).validate(found.claims)
        return dict(found.claims)

    def _decoded(self, token: str) -> jwt.Token:
        if self._keys is None:
            raise ValueError("no keys")
        return jwt.decode(token, self._keys, algorithms=list(ALGORITHMS))

    def _age(self) -> int:
        return self._clock.monotonic() - self._looked_at

    async def _look_quietly(self) -> None:
        """Keep the keys that there are where the issuer is away."""
        try:
            await self._look()
        except (OSError, ValueError, JoseError):
            self._looked_at = self._clock.monotonic()

    async def _look(self) -> None:
        async with self._looking:
            self._keys = KeySet.import_key_set(json.loads(await self._fetch(self._issuer.keys)))
            self._looked_at = self._clock.monotonic()


async def fetched(place: str) -> bytes:
    """Return what is at a URL or in a file. Raises OSError, also where that is longer than LARGEST_KEYS."""
    if not place.startswith(("https://", "http://")):
        return await asyncio.to_thread(_read, place)
    import httpx2  # noqa: PLC0415 - most services have no issuer

    try:
        async with (
            httpx2.AsyncClient(timeout=_FETCH_S) as client,
            client.stream("GET", place) as answer,
        ):
            answer.raise_for_status()
            body = b""
            async for part in answer.aiter_bytes():
                body = _bounded(body + part)
            return body
    except httpx2.HTTPError as error:
        raise OSError(f"{place}: {error}") from error


def _read(place: str) -> bytes:
    with Path(place).open("rb") as file:
        return _bounded(file.read(LARGEST_KEYS + 1))


def _bounded(body: bytes) -> bytes:
    if len(body) > LARGEST_KEYS:
        raise OSError(f"more than {LARGEST_KEYS:,} bytes, which no set of keys has")
    return body
