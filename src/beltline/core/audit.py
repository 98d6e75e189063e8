"""The hash chain of the audit log."""

from __future__ import annotations

import hashlib
import json
from typing import Final

GENESIS: Final = "0" * 64


def chain_hash(prev_hash: str, namespace: str, seq: int, at: int, fields: tuple[str, ...]) -> str:
    """Return the SHA-256 (hex) of an entry and the hash before it.

    Altering, removing or reordering any entry breaks the chain.
    """
    text = json.dumps([prev_hash, namespace, seq, at, *fields], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
