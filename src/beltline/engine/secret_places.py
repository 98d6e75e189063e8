"""Secrets that the store does not hold: it knows where they lie, and who needs one reads it there."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import Final

from beltline.core.errors import Conflict, InvalidInput
from beltline.definitions.trigger import SECRET

_LARGEST_SECRET: Final = 4_096


class SecretMissing(Conflict):
    """A secret is not where it should lie. A webhook refuses calls then, as it refuses those without it."""

    code = "secret_missing"

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__(f"the secret is not at {place} on this machine; put it there")


def require_place(place: str) -> None:
    """Raise InvalidInput unless a text says where a secret lies."""
    if not SECRET.fullmatch(place):
        # What was given is not shown: it may be the secret.
        raise InvalidInput(
            "secret: say where it lies, as env:NAME or file:/path; a secret itself is never stored"
        )


def secret_at(place: str, environment: Mapping[str, str]) -> bytes:
    """Return the secret that lies at `env:NAME` or `file:/path`. Raises SecretMissing."""
    kind, _, name = place.partition(":")
    found = environment.get(name, "").encode() if kind == "env" else _content(name)
    if not found or len(found) > _LARGEST_SECRET:
        raise SecretMissing(place)
    return found


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
