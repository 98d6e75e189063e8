"""Which outcomes a subscription is for, and how what is told is signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from beltline.core.errors import InvalidInput
from beltline.core.states import FINAL, JobState

FINISHED: Final = "finished"
EVENTS: Final = (*sorted(state.value for state in FINAL), FINISHED)
_MARK: Final = "whsec_"
# A secret that was drawn has 32 random bytes, which do not begin so.
_PLACED: Final = b"lies at "
LONGEST_URL: Final = 2_048
_URL: Final = re.compile(r"https?://[!-~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """Outcomes of jobs; `finished` is every final state. None does not restrict, and all labels must fit."""

    events: tuple[str, ...] = (FINISHED,)
    definition: str | None = None
    queue: str | None = None
    labels: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        """Raise InvalidInput for an event that is none."""
        unknown = [event for event in self.events if event not in EVENTS]
        if unknown or not self.events:
            raise InvalidInput(f"events {list(self.events)}: name some of {', '.join(EVENTS)}")

    def covers(self, state: JobState, definition: str, queue: str, labels: Mapping[str, str] | None) -> bool:
        """Return whether it is for this outcome."""
        return (
            (FINISHED in self.events or state.value in self.events)
            and self.definition in {None, definition}
            and self.queue in {None, queue}
            and all((labels or {}).get(name) == value for name, value in (self.labels or {}).items())
        )

    def text(self) -> str:
        """Return it as it is stored."""
        spec = {"events": list(self.events), "definition": self.definition, "queue": self.queue}
        return json.dumps({**spec, "labels": dict(self.labels or {})}, separators=(",", ":"))


def interest_of(spec: str) -> Interest:
    """Return what `Interest.text` told."""
    found = json.loads(spec)
    return Interest(
        events=tuple(found["events"]),
        definition=found["definition"],
        queue=found["queue"],
        labels=found["labels"] or None,
    )


def checked_url(url: str) -> str:
    """Return the address of a receiver. Raises InvalidInput for anything but plain http or https."""
    fault = ""
    if not _URL.fullmatch(url) or len(url) > LONGEST_URL:
        fault = f"use http:// or https:// and at most {LONGEST_URL:,} plain characters"
    else:
        try:
            parts = urlsplit(url)
            if not parts.hostname or parts.port == 0:
                fault = "name a host"
            elif parts.username is not None or parts.password is not None:
                fault = "leave user and password out: the signature says who calls"
        except ValueError as error:
            fault = str(error)
    if fault:
        raise InvalidInput(f"the URL of a subscription: {fault}")
    return url


def shown_secret(secret: bytes) -> str:
    """Return a secret as receivers keep it."""
    return _MARK + base64.b64encode(secret).decode()


def told_secret(text: bytes) -> bytes:
    """Return the secret that `shown_secret` showed. Raises InvalidInput, which does not show it."""
    mark, secret = text[: len(_MARK)], b""
    try:
        secret = base64.b64decode(text[len(_MARK) :], validate=True)
    except ValueError:
        mark = b""
    if mark != _MARK.encode() or not secret:
        raise InvalidInput("the secret of a subscription: write whsec_ and its bytes in base64")
    return secret


def kept_place(place: str) -> bytes:
    """Return where a secret lies as it is stored in the place of a secret that was drawn."""
    return _PLACED + place.encode()


def place_in(kept: bytes | None) -> str | None:
    """Return where a secret lies; None where it was drawn, and is stored itself."""
    return kept[len(_PLACED) :].decode() if kept is not None and kept.startswith(_PLACED) else None


def signatures(secrets: Sequence[bytes], delivery_id: str, at_s: int, body: bytes) -> str:
    """Return the signatures of a delivery, one for each secret, as the header has them.

    As Standard Webhooks has it: HMAC-SHA256 over `id.timestamp.body`.
    """
    signed = b".".join((delivery_id.encode(), str(at_s).encode(), body))
    made = (hmac.new(secret, signed, hashlib.sha256).digest() for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(each).decode()}" for each in made)
