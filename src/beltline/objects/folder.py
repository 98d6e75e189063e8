"""Objects as files under a folder.

Files are written beside their place, brought to disk and renamed: the row that follows never refers to less
than what was written, also after a power cut. obstore's own local store leaves that to the operating system.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from beltline.core.errors import ObjectMissing, ObjectsUnavailable

_CHUNK: Final = 1_000


class Folder:
    """A folder on a disk that every process of the store sees. It is made by the first write.

    Readable by its owner only: payloads may be private.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.shown = str(root)

    def put(self, name: str, data: bytes) -> None:
        """Write a file, whole and durable."""
        path = self._root / name
        draft = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.draft")
        try:
            made = _make(path.parent)
            with open(draft, "wb", opener=_private) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            for folder in (path.parent, *made):
                _sync(folder)
        except OSError as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise self._unavailable("write", name, error) from error

    def get(self, name: str) -> bytes:
        """Read a file."""
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError as error:
            if not self._root.is_dir():
                raise self._unavailable("read", name, error) from error
            raise ObjectMissing(name, self.shown) from error
        except OSError as error:
            raise self._unavailable("read", name, error) from error

    def peek(self, name: str, count: int) -> bytes:
        """Read the beginning of a file."""
        try:
            with (self._root / name).open("rb") as file:
                return file.read(count)
        except OSError:
            return self.get(name)[:count]

    def folders(self, prefix: str) -> list[str]:
        """Return the folders in a folder."""
        try:
            return sorted(entry.name for entry in os.scandir(self._root / prefix) if entry.is_dir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._unavailable("list", prefix, error) from error

    def names(self, prefix: str) -> Iterator[Sequence[str]]:
        """Yield every file, drafts that a crash left behind too, folder by folder."""
        found: list[str] = []
        for folder, _, files in os.walk(self._root / prefix):
            base = Path(folder).relative_to(self._root).as_posix()
            found += [f"{base}/{file}" for file in files]
            if len(found) >= _CHUNK:
                yield found
                found = []
        if found:
            yield found

    def delete(self, names: Sequence[str]) -> None:
        """Remove files, and the folders that are empty then."""
        for name in names:
            path = self._root / name
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise self._unavailable("remove", name, error) from error
            # The folders of the job and of the day; a folder that is not empty stays.
            with suppress(OSError):
                path.parent.rmdir()
                path.parent.parent.rmdir()

    def _unavailable(self, verb: str, name: str, error: OSError) -> ObjectsUnavailable:
        return ObjectsUnavailable(
            f"cannot {verb} the object {name} in {self.shown}: {error.strerror or error};"
            " see to the folder, or name another in objects.url"
        )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _make(folder: Path) -> list[Path]:
    """Make a folder with those above it; return the ones whose entries changed by that."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
    return [each.parent for each in missing]


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
