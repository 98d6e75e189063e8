"""Who may call a webhook: its secret, read where it lies, and the check of a call."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from collections.abc import Iterator, Mapping
from typing import Final

from beltline.core.durations import moment, moment_text
from beltline.core.errors import Conflict, Forbidden, InvalidInput
from beltline.definitions.trigger import SECRET, Webhook

_LARGEST_SECRET: Final = 4_096


class SecretMissing(Conflict):
    """The secret of a trigger is not where the trigger says. Calls are refused as those without it are."""

    code = "secret_missing"

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__(f"the secret of this trigger is not at {place} on this machine; put it there")


def require_genuine(
    webhook: Webhook, headers: Mapping[str, str], body: bytes, environment: Mapping[str, str], now: int
) -> None:
    """Raise Forbidden unless a call bears the secret, or its body's signature; SecretMissing.

    While a secret is rotated the former one counts too. How long it takes says nothing of how much fits.
    """
    told = headers.get(webhook.header.lower(), "").encode()
    fits = False
    for secret in list(_secrets(webhook, environment, now)):
        expected = secret
        if webhook.check == "hmac-sha256":
            expected = hmac.new(secret, body, hashlib.sha256).hexdigest().encode()
        fits |= hmac.compare_digest(webhook.prefix.encode() + expected, told)
    if not fits:
        what = "signature" if webhook.check == "hmac-sha256" else "key"
        raise Forbidden(f"the {what} in the header {webhook.header} is missing or wrong; nothing was stored")


def rotated(
    webhook: Webhook, secret: str, overlap_us: int, *, environment: Mapping[str, str] = os.environ, now: int
) -> dict[str, object]:
    """Return the fields of a webhook whose secret is another from now on.

    Raises InvalidInput, and SecretMissing where the new one cannot be read on this machine.
    """
    if not SECRET.fullmatch(secret):
        # What was given is not shown: it may be the secret.
        raise InvalidInput(
            "secret: say where it lies, as env:NAME or file:/path; a secret itself is never stored"
        )
    secret_at(secret, environment)
    if not overlap_us:
        return {"secret": secret, "former_secret": None, "former_until": None}
    return {
        "secret": secret,
        "former_secret": webhook.secret,
        "former_until": moment_text(now + overlap_us),
    }


def secret_at(place: str, environment: Mapping[str, str]) -> bytes:
    """Return the secret that lies at `env:NAME` or `file:/path`. Raises SecretMissing."""
    kind, _, name = place.partition(":")
    found = environment.get(name, "").encode() if kind == "env" else _content(name)
    if not found or len(found) > _LARGEST_SECRET:
        raise SecretMissing(place)
    return found


def _secrets(webhook: Webhook, environment: Mapping[str, str], now: int) -> Iterator[bytes]:
    yield secret_at(webhook.secret, environment)
    if webhook.former_secret is not None and now < moment(webhook.former_until or ""):
        try:
            yield secret_at(webhook.former_secret, environment)
        except SecretMissing:
            return


def _content(path: str) -> bytes:
    """Return what a plain file holds, empty where it cannot be read: a device might have no end."""
    try:
        with open(path, "rb", opener=_opened) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return b""
            found = file.read(_LARGEST_SECRET + 1).strip()
            found.decode()
    except (OSError, ValueError):
        return b""
    return found


def _opened(path: str, flags: int) -> int:
    # A pipe without a writer would wait for one.
    return os.open(path, flags | os.O_NONBLOCK)
