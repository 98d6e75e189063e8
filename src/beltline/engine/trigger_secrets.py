"""Who may call a webhook: its secret, read where it lies, and the check of a call."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterator, Mapping

from beltline.core.durations import moment, moment_text
from beltline.core.errors import Forbidden
from beltline.definitions.trigger import Webhook
from beltline.engine.secret_places import SecretMissing, require_place, secret_at


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
    require_place(secret)
    secret_at(secret, environment)
    if not overlap_us:
        return {"secret": secret, "former_secret": None, "former_until": None}
    return {
        "secret": secret,
        "former_secret": webhook.secret,
        "former_until": moment_text(now + overlap_us),
    }


def _secrets(webhook: Webhook, environment: Mapping[str, str], now: int) -> Iterator[bytes]:
    yield secret_at(webhook.secret, environment)
    if webhook.former_secret is not None and now < moment(webhook.former_until or ""):
        try:
            yield secret_at(webhook.former_secret, environment)
        except SecretMissing:
            return
