"""Beltline: a job service. Define a job, submit it: it is run, retried, tracked, explained, never lost."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final

__version__ = "0.1.0"

__all__ = [
    "After",
    "Beltline",
    "BeltlineError",
    "Cancel",
    "Children",
    "Context",
    "Debounce",
    "Fail",
    "Flow",
    "Gather",
    "Item",
    "JobHandle",
    "JobOptions",
    "JobOutcome",
    "JobReference",
    "Message",
    "NewObject",
    "Replay",
    "Retry",
    "Schedule",
    "Snooze",
    "Split",
    "SyncContext",
    "Throttle",
    "Webhook",
    "any_of",
]

# Each name is imported when it is first used: `beltline --help`, which imports this package first, takes
# 0.07 s of CPU instead of 0.22. `__init__.pyi` tells type checkers the same names.
_PLACES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "After": "beltline.definitions.after",
        "Beltline": "beltline.client.beltline",
        "BeltlineError": "beltline.core.errors",
        "Cancel": "beltline.core.outcome",
        "Children": "beltline.core.batch",
        "Context": "beltline.definitions.context",
        "Debounce": "beltline.core.window",
        "Fail": "beltline.core.outcome",
        "Flow": "beltline.definitions.flow",
        "Gather": "beltline.core.window",
        "Item": "beltline.definitions.batch",
        "JobHandle": "beltline.client.handle",
        "JobOptions": "beltline.engine.submit",
        "JobOutcome": "beltline.definitions.trigger",
        "JobReference": "beltline.client.reference",
        "Message": "beltline.definitions.trigger",
        "NewObject": "beltline.definitions.trigger",
        "Replay": "beltline.core.replay",
        "Retry": "beltline.core.retry",
        "Schedule": "beltline.definitions.schedule",
        "Snooze": "beltline.core.outcome",
        "Split": "beltline.definitions.batch",
        "SyncContext": "beltline.definitions.sync_context",
        "Throttle": "beltline.core.window",
        "Webhook": "beltline.definitions.trigger",
        "any_of": "beltline.definitions.after",
    }
)


def __getattr__(name: str) -> object:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(place), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
