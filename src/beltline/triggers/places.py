"""Places from their addresses: a folder of this machine, or a bucket."""

from __future__ import annotations

from collections.abc import Collection

from beltline.core.errors import ObjectsUnavailable
from beltline.definitions.trigger import folder_of
from beltline.objects.open import Shelf, shelf_at
from beltline.objects.threads import Threads
from beltline.triggers.contract import Found, Listing, Page, Unreachable
from beltline.triggers.folder import FolderListing


class BucketListing:
    """Objects of a bucket below a prefix, in the pages in which the cloud lists them."""

    def __init__(self, shelf: Shelf, url: str) -> None:
        self._shelf = shelf
        self._url = url.partition("?")[0].rstrip("/")
        self._threads = Threads()

    async def page(self, after: str, limit: int, known: Collection[str] = ()) -> Page:  # noqa: ARG002 - it comes with the names
        """Return objects after a name. Raises Unreachable."""
        try:
            entries = await self._threads.run(lambda: self._shelf.page(after, limit))
        except ObjectsUnavailable as error:
            raise Unreachable(str(error)) from error
        return Page([Found(*entry) for entry in entries], entries[-1][0] if len(entries) >= limit else None)

    async def is_unchanged(self) -> bool:
        """Nothing tells without listing it."""
        return False

    def url(self, name: str) -> str:
        """Return the URL of an object."""
        return f"{self._url}/{name}"


def open_listing(place: str) -> Listing:
    """Return what lists a place. Raises ConfigError, and Unsupported where a library is missing."""
    folder = folder_of(place)
    return FolderListing(folder) if folder is not None else BucketListing(shelf_at(place), place)
