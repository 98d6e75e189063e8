"""Keys, from where the configuration says they are. Neither a key nor a part of one is ever in a message."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from beltline.core.errors import ConfigError

SIZE: Final = 32
_HEX: Final = 2 * SIZE


def read_keys(references: Sequence[str], env: Mapping[str, str]) -> dict[str, bytes]:
    """Return the keys by id, in the order given. Raises ConfigError that names every one it lacks."""
    found: dict[str, bytes] = {}
    problems: list[str] = []
    for reference in references:
        key_id, _, source = reference.partition("=")
        kind, _, place = source.partition(":")
        try:
            data = env[place].encode() if kind == "env" else Path(place).read_bytes()
        except KeyError:
            problems.append(f"objects.keys: key {key_id!r}: the variable {place} is not set")
            continue
        except OSError as error:
            problems.append(f"objects.keys: key {key_id!r}: {place} cannot be read: {error.strerror}")
            continue
        key = _decoded(data)
        if key is None:
            problems.append(
                f"objects.keys: key {key_id!r}: {source} does not hold {SIZE} bytes in base64 or hexadecimal;"
                " make a key with `openssl rand -base64 32`"
            )
        else:
            found[key_id] = key
    if problems:
        raise ConfigError(problems)
    return found


def _decoded(data: bytes) -> bytes | None:
    if len(data) == SIZE:
        return data
    text = data.strip()
    try:
        key = (
            bytes.fromhex(text.decode("ascii"))
            if len(text) == _HEX
            else base64.b64decode(text, validate=True)
        )
    except ValueError:
        return None
    return key if len(key) == SIZE else None
