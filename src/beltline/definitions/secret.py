"""Which parts of a JSON Schema are secret: `writeOnly` or of the format `password`, as SecretStr is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# What stands in place of a secret.
MASK: Final = "***"


def is_secret(part: Mapping[str, Any]) -> bool:
    """Return whether a schema marks what it describes as secret."""
    return part.get("writeOnly") is True or part.get("format") == "password"


def holds_secrets(schema: object) -> bool:
    """Return whether any part of a schema, whose depth is bounded, is marked as secret."""
    if isinstance(schema, dict):
        return is_secret(schema) or any(map(holds_secrets, schema.values()))
    return isinstance(schema, list) and any(map(holds_secrets, schema))
