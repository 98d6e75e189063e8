"""What a body may keep as an artifact: a name, a content type and bytes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple

from beltline.core.errors import InvalidInput

BINARY: Final = "application/octet-stream"
ARTIFACT_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
CONTENT_TYPE: Final = re.compile(r"[A-Za-z0-9.+-]{1,60}/[A-Za-z0-9.+-]{1,60}(; ?[a-z-]{1,20}=[\w.-]{1,40})?")


class Artifact(NamedTuple):
    """A file of a run, as it is kept."""

    name: str
    type: str
    data: bytes


def checked_artifact(name: str, type: str, data: object) -> Artifact:  # noqa: A002 - its public word
    """Return what is to be kept; a path is read now. Raises InvalidInput."""
    if not ARTIFACT_NAME.fullmatch(name):
        raise InvalidInput(
            f"artifact name {name!r}: use 1 to 128 letters, digits and . _ -, first a letter or digit"
        )
    if not CONTENT_TYPE.fullmatch(type):
        raise InvalidInput(f"artifact {name!r}: {type!r} is not a content type; use one like image/png")
    return Artifact(name, type, _content(data))


def _content(data: object) -> bytes:
    if isinstance(data, Path):
        return data.read_bytes()
    if not isinstance(data, bytes | bytearray | memoryview):
        raise InvalidInput(f"an artifact is bytes or a Path, not {type(data).__qualname__}; encode it first")
    return bytes(data)
