"""What every part says of its figures: when they were taken, and on what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

IMAGES = "images"


def taken(commit: str, machine: Mapping[str, Any]) -> str:
    """Return the sentence about commit and machine."""
    return (
        f"Commit `{commit}`; {machine['cores']} cores ({machine['processor']}), {machine['memory_gb']} GB,"
        f" {machine['system']}, Python {machine['python']};"
        f" a write takes {machine['flush_ms']} ms to the disk;"
        f" load before the run {machine['load_before']}."
    )


def read(file: Path) -> dict[str, Any]:
    """Return what a JSON file holds; nothing where there is none."""
    found: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return found
