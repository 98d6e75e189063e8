"""A store from its URL: the only place that names the drivers."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from beltline.config import ObjectsConfig
from beltline.core.clock import Clock, SystemClock
from beltline.core.errors import ConfigError
from beltline.objects.objects import Objects
from beltline.objects.open import objects_for
from beltline.store.contract import Store

SCHEMES = ("sqlite", "postgresql", "postgres")


def configured_store(
    url: str, objects: ObjectsConfig, env: Mapping[str, str], *, clock: Clock | None = None
) -> Store:
    """Return the store that `url` names with its objects, not yet opened. `env` holds the objects' keys.

    Raises ConfigError, and Unsupported where a library is missing.
    """
    return store_from_url(url, clock=clock, objects=objects_for(objects, url, env))


def store_from_url(url: str, *, clock: Clock | None = None, objects: Objects | None = None) -> Store:
    """Return the store that `url` names, not yet opened.

    `sqlite:///relative.db`, `sqlite:////absolute.db`, `sqlite:///:memory:`,
    `postgresql://user@host:port/database?schema=name`. Raises ConfigError for any other scheme.
    """
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        from beltline.store.sqlite.store import SqliteStore

        return SqliteStore.from_url(url, clock=clock or SystemClock(), objects=objects)
    if scheme in {"postgresql", "postgres"}:
        from beltline.store.postgres.store import PostgresStore

        return PostgresStore.from_url(url, clock=clock or SystemClock(), objects=objects)
    raise ConfigError(
        [f"store URL {url!r}: unknown scheme; use sqlite:///beltline.db or postgresql://user@host/database"]
    )
