"""The store URL: which server and database, which schema, and how our connections are set up."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from beltline.core.errors import ConfigError

DEFAULT_SCHEMA: Final = "beltline"
_SCHEMA: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")

# Every statement that a worker repeats is best run as nested loops over indexes, whatever the tables hold.
# Left alone, the planner decides by statistics that may be a million jobs old, and keeps what it decided.
# So the rest is forbidden, and each statement is planned once a connection (0.4 ms saved for each claim).
# Statements that read whole tables lift this for their transaction: scan_settings.sql.
_PLANNER: Final = MappingProxyType(
    {
        "plan_cache_mode": "force_generic_plan",
        "enable_seqscan": "off",
        "enable_bitmapscan": "off",
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
        "enable_memoize": "off",
        "jit": "off",
    }
)


# Nothing of ours rests inside a transaction: whoever does so for this long was stopped there, or is gone with
# its network, and others wait for its locks.
_IDLE_IN_TRANSACTION: Final = "15s"


@dataclass(frozen=True, slots=True)
class Address:
    """Where the store is. `url` is as given, `dsn` for asyncpg, `shown` for people: it has no password."""

    url: str
    dsn: str
    shown: str
    schema: str

    @property
    def settings(self) -> Mapping[str, str]:
        """What every connection of ours is set to."""
        return {
            **_PLANNER,
            "search_path": self.schema,
            "application_name": "beltline",
            "idle_in_transaction_session_timeout": _IDLE_IN_TRANSACTION,
        }

    def number(self, *words: str) -> int:
        """Return the number of an advisory lock that stands for `words` in this schema."""
        return int.from_bytes(self._hash(*words)[:8], "big", signed=True)

    def channel(self, namespace: str) -> str:
        """Return the name of the channel for the hints of a namespace: short, whatever its name."""
        return f"beltline_{self._hash(namespace)[:12].hex()}"

    def _hash(self, *words: str) -> bytes:
        # The function `words_hash` of the schema does the same: jobs are submitted from SQL, too.
        return hashlib.sha256("\0".join((self.schema, *words)).encode()).digest()


def address_of(url: str) -> Address:
    """Return the address that a store URL names. Raises ConfigError."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    schema = next((value for name, value in query if name == "schema"), DEFAULT_SCHEMA)
    if not _SCHEMA.fullmatch(schema):
        raise ConfigError(
            [f"store URL: schema {schema!r} is not a plain name; use lower-case letters, digits and _"]
        )
    rest = [(name, value) for name, value in query if name != "schema"]
    dsn = parts._replace(query=urlencode(rest)).geturl()
    shown = parts
    if parts.password is not None:
        host = parts.netloc.rpartition("@")[2]
        shown = parts._replace(netloc=f"{parts.username or ''}:***@{host}")
    return Address(url, dsn, shown.geturl(), schema)
