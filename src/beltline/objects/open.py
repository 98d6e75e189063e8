"""Objects from their configuration: the only place that names the kinds of places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from beltline.config import ObjectsConfig
from beltline.core.errors import ConfigError, Unsupported
from beltline.objects.contract import Place, Seal
from beltline.objects.folder import Folder
from beltline.objects.keys import read_keys
from beltline.objects.objects import Objects

_SQLITE: Final = "sqlite:///"
_EXTRA: Final = "install it with `pip install 'beltline[objects]'`"


def objects_for(config: ObjectsConfig, store_url: str, env: Mapping[str, str]) -> Objects | None:
    """Return the objects of a store; None where nothing says where they are.

    That is a PostgreSQL store, or one in memory, without `objects.url`. Nothing is connected yet. Raises
    ConfigError, and Unsupported where a library is missing.
    """
    place = _place(config.url) if config.url else _beside(store_url)
    if place is None:
        if config.keys:
            raise ConfigError(
                ["objects.keys are given, but there is no place for objects; set objects.url too"]
            )
        return None
    return Objects(place, threshold=config.threshold, limit=config.limit, seal=_seal(config.keys, env))


class Shelf(Protocol):
    """A place whose objects can be listed in the order of their names. Its method blocks."""

    def page(self, after: str, limit: int) -> Sequence[tuple[str, int, str, int]]:
        """Return up to `limit` objects after a name: name, size, mark, microseconds of writing.

        Raises ObjectsUnavailable.
        """
        ...


class _ListedPlace(Place, Shelf, Protocol):
    """A bucket is both."""


def shelf_at(url: str) -> Shelf:
    """Return the bucket that a URL names, to be listed. Raises ConfigError, Unsupported."""
    return _bucket(url, f"the place {urlsplit(url).scheme}://")


def _beside(store_url: str) -> Place | None:
    path = store_url.removeprefix(_SQLITE)
    if path in {store_url, "", ":memory:"}:
        return None
    return Folder(Path(f"{Path(path).absolute()}.objects"))


def _place(url: str) -> Place:
    parts = urlsplit(url)
    if parts.scheme == "file":
        path = Path(unquote(parts.netloc + parts.path))
        if not path.is_absolute():
            raise ConfigError([f"objects.url {url!r} names no absolute path; write file:///var/lib/objects"])
        return Folder(path)
    return _bucket(url, f"objects.url {parts.scheme}://")


def _bucket(url: str, what: str) -> _ListedPlace:
    try:
        from beltline.objects.bucket import Bucket
    except ModuleNotFoundError as error:
        raise Unsupported(f"{what} needs the package obstore; {_EXTRA}") from error
    return Bucket(url)


def _seal(references: tuple[str, ...], env: Mapping[str, str]) -> Seal | None:
    if not references:
        return None
    try:
        from beltline.objects.sealing import Keyring
    except ModuleNotFoundError as error:
        raise Unsupported(f"objects.keys need the package cryptography; {_EXTRA}") from error
    return Keyring(read_keys(references, env))
