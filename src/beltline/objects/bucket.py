"""Objects in S3, Google Cloud Storage, Azure or memory, through obstore."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from beltline.core.clock import MICROS
from beltline.core.errors import ConfigError, ObjectMissing, ObjectsUnavailable

# Who calls repeats later: a worker must not hold its slots for the minutes that obstore would try by default.
_CONNECT: Final = timedelta(seconds=3)
_REQUEST: Final = timedelta(seconds=60)
_TRIES: Final = 2
_PATIENCE: Final = timedelta(seconds=10)


class Bucket:
    """A bucket or container, or a path in one.

    Options of obstore may follow as a query: `s3://bucket/path?region=eu-west-1&endpoint=https://host`.
    Credentials come from the environment, or from the machine's role, as the cloud's own tools read them.
    Raises ConfigError where the URL cannot be used.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        plain = any(name.endswith("endpoint") and text.startswith("http:") for name, text in options.items())
        self.shown = parts._replace(query="").geturl()
        try:
            self._bucket = from_url(
                self.shown,
                config=cast("Any", options) or None,
                client_options={"connect_timeout": _CONNECT, "timeout": _REQUEST, "allow_http": plain},
                retry_config={"max_retries": _TRIES, "retry_timeout": _PATIENCE},
            )
        except (BaseError, ValueError) as error:
            raise ConfigError([f"objects.url {self.shown}: {_first_line(error)}"]) from error

    def put(self, name: str, data: bytes) -> None:
        """Write an object."""
        try:
            obstore.put(self._bucket, name, data)
        except (BaseError, OSError) as error:
            raise self._unavailable("write", name, error) from error

    def get(self, name: str) -> bytes:
        """Read an object."""
        try:
            return bytes(obstore.get(self._bucket, name).bytes())
        except FileNotFoundError as error:
            self._require_bucket(name)
            raise ObjectMissing(name, self.shown) from error
        except (BaseError, OSError) as error:
            raise self._unavailable("read", name, error) from error

    def peek(self, name: str, count: int) -> bytes:
        """Read the beginning of an object."""
        try:
            return bytes(obstore.get_range(self._bucket, name, start=0, length=count))
        except (BaseError, OSError):
            # Nothing begins in an empty object; what else is amiss, reading the whole says.
            return self.get(name)[:count]

    def folders(self, prefix: str) -> list[str]:
        """Return the next parts of the names under a prefix."""
        try:
            found = obstore.list_with_delimiter(self._bucket, prefix=prefix)["common_prefixes"]
        except (BaseError, OSError) as error:
            raise self._unavailable("list", prefix, error) from error
        return sorted(each.rstrip("/").rpartition("/")[2] for each in found)

    def names(self, prefix: str) -> Iterator[Sequence[str]]:
        """Yield the names under a prefix, a page of the listing at a time."""
        try:
            for page in obstore.list(self._bucket, prefix=prefix):
                yield [entry["path"] for entry in page]
        except (BaseError, OSError) as error:
            raise self._unavailable("list", prefix, error) from error

    def page(self, after: str, limit: int) -> Sequence[tuple[str, int, str, int]]:
        """Return up to `limit` objects after a name, by name: name, size, mark, microseconds of writing."""
        try:
            entries = next(iter(obstore.list(self._bucket, offset=after or None, chunk_size=limit)), [])
        except (BaseError, OSError) as error:
            raise self._unavailable("list", after, error) from error
        found = [
            (
                entry["path"],
                entry["size"],
                entry["e_tag"] or f"{entry['size']}-{entry['last_modified'].isoformat()}",
                round(entry["last_modified"].timestamp() * MICROS),
            )
            for entry in entries
        ]
        return sorted(found)

    def delete(self, names: Sequence[str]) -> None:
        """Remove objects, in as few requests as the cloud allows."""
        try:
            obstore.delete(self._bucket, list(names))
        except FileNotFoundError:
            self._delete_singly(names)
        except (BaseError, OSError) as error:
            raise self._unavailable("remove", names[0], error) from error

    def _delete_singly(self, names: Sequence[str]) -> None:
        """Remove objects one by one, for clouds that refuse to remove what is gone."""
        for name in names:
            try:
                obstore.delete(self._bucket, name)
            except FileNotFoundError:
                continue
            except (BaseError, OSError) as error:
                raise self._unavailable("remove", name, error) from error

    def _require_bucket(self, name: str) -> None:
        """Raise ObjectsUnavailable where the bucket itself is what is missing: then no object is lost."""
        try:
            obstore.list_with_delimiter(self._bucket, prefix=f"{name.partition('/')[0]}/")
        except (BaseError, OSError) as error:
            raise self._unavailable("read", name, error) from error

    def _unavailable(self, verb: str, name: str, error: Exception) -> ObjectsUnavailable:
        return ObjectsUnavailable(
            f"cannot {verb} the object {name} in {self.shown}: {_first_line(error)};"
            " see that the object store runs and that objects.url and the credentials are right"
        )


def _first_line(error: Exception) -> str:
    """Leave out the dump of internals that obstore appends."""
    return str(error).partition("\n")[0].strip()
