"""What the formats of a JSON Schema mean here: exactly what the types behind them read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import pydantic
from pydantic import ConfigDict, TypeAdapter, ValidationError

CONFIG: Final = ConfigDict(
    extra="forbid",
    strict=True,
    revalidate_instances="always",
    allow_inf_nan=False,
    ser_json_inf_nan="constants",
    ser_json_bytes="base64",
    val_json_bytes="base64",
)

_TYPES: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "base64url": bytes,
        "date": date,
        "date-time": datetime,
        "decimal": Decimal,
        "duration": timedelta,
        "ipv4": IPv4Address,
        "ipv4interface": IPv4Interface,
        "ipv4network": IPv4Network,
        "ipv6": IPv6Address,
        "ipv6interface": IPv6Interface,
        "ipv6network": IPv6Network,
        "regex": re.Pattern[str],
        "time": time,
        "uuid": UUID,
    }
)
# Types of pydantic's own, by their names there: it loads what is behind them when they are asked for.
_LATE_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {"uri": "AnyUrl", **{f"uuid{version}": f"UUID{version}" for version in (1, 3, 4, 5, 6, 7, 8)}}
)
# The texts that are names of an object whose keys have these types.
_NAMES: Final = MappingProxyType({"boolean": bool, "integer": int, "number": float})


def format_checks(schema: str) -> dict[str, Callable[[str], bool]]:
    """Return the checks of the formats that occur in the text of a schema."""
    checks = {name: _check(kind) for name, kind in _TYPES.items() if f'"{name}"' in schema}
    checks |= {
        name: _check(getattr(pydantic, kind)) for name, kind in _LATE_TYPES.items() if f'"{name}"' in schema
    }
    names = {name: _name_check(kind) for name, kind in _NAMES.items() if f'"{name}"' in schema}
    return checks | names


def _check(kind: Any) -> Callable[[str], bool]:  # noqa: ANN401 - any type that pydantic knows
    return _passes(TypeAdapter(kind, config=CONFIG), json.dumps)


def _name_check(kind: Any) -> Callable[[str], bool]:  # noqa: ANN401 - as above
    return _passes(TypeAdapter(dict[kind, None], config=CONFIG), lambda text: json.dumps({text: None}))


def _passes(adapter: TypeAdapter[Any], document: Callable[[str], str]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            adapter.validate_json(document(text))
        except ValidationError:
            return False
        return True

    return check
