"""The names of objects: owner/namespace/day/job/digest.

`owner` is the identity of the store, so that two stores in one place leave each other's objects
alone. Namespaces and job ids are written so that each is one part, and that they differ in more than case.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import Final

from beltline.core.clock import MICROS

_PLAIN: Final = re.compile(r"[0-9a-z][0-9a-z._-]*")
_DAY: Final = re.compile(r"\d{8}")
_NAME: Final = re.compile(r"[0-9a-z]+(/=?[0-9a-z._-]+){3}/[0-9a-f]{64}(\.sealed)?")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_ESCAPED: Final = "="


def object_name(owner: str, namespace: str, job_id: str, *, at: int, digest: str) -> str:
    """Return the name of an object that a job writes at a moment."""
    return f"{namespace_prefix(owner, namespace)}{day_of(at)}/{_part(job_id)}/{digest}"


def probe_name(owner: str, number: str) -> str:
    """Return the name of an object that is written to see whether that can be done; no job has such a one."""
    return f"{owner}/probe/{number}"


def namespace_prefix(owner: str, namespace: str) -> str:
    """Return what the names of all objects of a namespace begin with."""
    return f"{owner}/{_part(namespace)}/"


def day_of(at: int) -> str:
    """Return the day of a moment, such as 20261122."""
    return f"{datetime.fromtimestamp(at / MICROS, UTC):%Y%m%d}"


def is_day(text: str) -> bool:
    """Say whether a part of a name is a day."""
    return _DAY.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Say whether a text is a name that `object_name` can have made: no other one is ever read."""
    return _NAME.fullmatch(text) is not None and "/." not in text


def hash_in(name: str) -> str | None:
    """Return the SHA-256 of the plain bytes that a name ends in; None where it was made with a key."""
    digest = name.rpartition("/")[2]
    return digest if _HASH.fullmatch(digest) else None


def job_of(name: str) -> str | None:
    """Return the job whose object this is; None where the name has no such part."""
    parts = name.split("/")
    if len(parts) < 5:  # noqa: PLR2004 - owner, namespace, day, job, digest
        return None
    part = parts[3]
    if not part.startswith(_ESCAPED):
        return part
    text = part[1:].upper()
    try:
        return base64.b32decode(text + "=" * (-len(text) % 8)).decode()
    except ValueError:
        return None


def _part(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    return _ESCAPED + base64.b32encode(text.encode()).decode().rstrip("=").lower()
