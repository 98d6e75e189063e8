"""Making, ending and recognizing API keys. The token is shown once and never stored: only its hash is."""

from __future__ import annotations

import hashlib
import re
from typing import Final, NamedTuple

from beltline.core.durations import Duration, Moment, micros, moment
from beltline.core.errors import Conflict, InvalidInput, NotFound
from beltline.core.ids import ALPHABET, Random, new_id
from beltline.core.roles import Role
from beltline.store.api_keys import ApiKey, RotateApiKey
from beltline.store.contract import Store
from beltline.store.params import AuditEntry

_MARK: Final = "belt_"
_SECRET_BITS: Final = 256
_SECRET_CHARS: Final = 52
_PREFIX_CHARS: Final = 8
_TOKEN: Final = re.compile(rf"{_MARK}[{ALPHABET}]{{{_SECRET_CHARS}}}")


class MadeApiKey(NamedTuple):
    """A new key and its token, which nobody can read again."""

    key: ApiKey
    token: str


async def create_api_key(
    store: Store,
    namespace: str,
    role: Role,
    *,
    actor: str,
    random: Random,
    name: str = "",
    definitions: tuple[str, ...] | None = None,
    expires: Duration | Moment | None = None,
) -> MadeApiKey:
    """Make a key. Raises InvalidInput where patterns are given for a role that is not the worker's."""
    if definitions is not None and role is not Role.WORKER:
        raise InvalidInput(f"definitions belong to the role worker, not to {role.value}: leave them out")
    now = store.now()
    made = _made(namespace, role, now=now, actor=actor, random=random)
    expires_at = None if expires is None else _until(expires, now)
    made = MadeApiKey(
        made.key._replace(name=name, definitions=definitions, expires_at=expires_at), made.token
    )
    await store.api_keys.add(made.key, audit=(_entry(actor, "create", made.key, f"role {role.value}"),))
    return made


async def rotate_api_key(
    store: Store, namespace: str, key_id: str, *, actor: str, random: Random, overlap: Duration = "24h"
) -> MadeApiKey:
    """Make a key in place of another, which works on for `overlap`.

    Raises NotFound, Conflict where that one has ended.
    """
    old = await fetch_api_key(store, namespace, key_id)
    now = store.now()
    made = _made(namespace, Role(old.role), now=now, actor=actor, random=random)
    key = made.key._replace(name=old.name, definitions=old.definitions)
    params = RotateApiKey(
        namespace=namespace,
        id=key_id,
        new=key,
        until=now + micros(overlap, what="overlap"),
        now=now,
        audit=(_entry(actor, "rotate", old, f"new key {key.id}"),),
    )
    if not await store.api_keys.rotate(params):
        raise Conflict(f"API key {key_id} has ended; make a new one: `beltline api-key create`")
    return MadeApiKey(key, made.token)


async def revoke_api_key(store: Store, namespace: str, key_id: str, *, actor: str, why: str = "") -> ApiKey:
    """End a key now; ending it again changes nothing. Raises NotFound."""
    key = await fetch_api_key(store, namespace, key_id)
    await store.api_keys.revoke(namespace, key_id, store.now(), audit=(_entry(actor, "revoke", key, why),))
    return await fetch_api_key(store, namespace, key_id)


async def fetch_api_key(store: Store, namespace: str, key_id: str) -> ApiKey:
    """Return a key. Raises NotFound."""
    found = [key for key in await store.api_keys.page(namespace) if key.id == key_id]
    if not found:
        raise NotFound("API key", key_id, "`beltline api-key ls` lists what there is")
    return found[0]


def token_hash(token: str) -> bytes | None:
    """Return the hash by which a token is looked up; None for what no token looks like.

    256 random bits need no slow hash: nobody can try them all.
    """
    return hashlib.sha256(token.encode()).digest() if _TOKEN.fullmatch(token) else None


def is_live(key: ApiKey, now: int) -> bool:
    """Return whether a key may be used."""
    return key.revoked_at is None and (key.expires_at is None or now < key.expires_at)


def _made(namespace: str, role: Role, *, now: int, actor: str, random: Random) -> MadeApiKey:
    bits = random.getrandbits(_SECRET_BITS)
    secret = "".join(ALPHABET[bits >> 5 * place & 31] for place in range(_SECRET_CHARS))
    token = f"{_MARK}{secret}"
    key = ApiKey(
        namespace=namespace,
        id=new_id(now, random),
        name="",
        role=role.value,
        definitions=None,
        prefix=token[: len(_MARK) + _PREFIX_CHARS],
        hash=hashlib.sha256(token.encode()).digest(),
        created_at=now,
        created_by=actor,
        expires_at=None,
    )
    return MadeApiKey(key, token)


def _until(value: Duration | Moment, now: int) -> int:
    if isinstance(value, str) and re.match(r"\d{4}-", value):
        return moment(value, what="expires")
    return now + micros(value, what="expires")  # type: ignore[arg-type]


def _entry(actor: str, action: str, key: ApiKey, why: str) -> AuditEntry:
    return AuditEntry(actor=actor, action=f"api_key.{action}", target=f"api_key/{key.id}", reason=why)
