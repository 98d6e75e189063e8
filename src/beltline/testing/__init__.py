"""The kit for users' own tests: inline runs, drain, a clock to move, crashes everywhere, a pytest plug-in."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final

__all__ = ["Kit", "StillClock"]

# Imported when first used: the plug-in lies in this package, and every pytest run imports it.
_PLACES: Final[Mapping[str, str]] = MappingProxyType(
    {"Kit": "beltline.testing.kit", "StillClock": "beltline.testing.clock"}
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
