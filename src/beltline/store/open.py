"""A store from its URL: the only place that names the drivers."""

from __future__ import annotations

from urllib.parse import urlsplit

from beltline.core.clock import Clock, SystemClock
from beltline.core.errors import ConfigError
from beltline.store.contract import Store

SCHEMES = ("sqlite", "postgresql", "postgres")


def store_from_url(url: str, *, clock: Clock | None = None) -> Store:
    """Return the store that `url` names, not yet opened.

    `sqlite:///relative.db`, `sqlite:////absolute.db`, `sqlite:///:memory:`,
    `postgresql://user@host:port/database?schema=name`. Raises ConfigError for any other scheme.
    """
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        from beltline.store.sqlite.store import SqliteStore

        return SqliteStore.from_url(url, clock=clock or SystemClock())
    if scheme in {"postgresql", "postgres"}:
        from beltline.store.postgres.store import PostgresStore

        return PostgresStore.from_url(url, clock=clock or SystemClock())
    raise ConfigError(
        [f"store URL {url!r}: unknown scheme; use sqlite:///beltline.db or postgresql://user@host/database"]
    )
