"""The line to the service that the parts of a worker's store share, in chunks that a request may hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

from beltline.client.transport import Transport
from beltline.core.codec import dump_json
from beltline.core.errors import Forbidden, StoreError
from beltline.wire.reading import ServiceRefused
from beltline.wire.work import MOST_ITEMS

T = TypeVar("T")

# Half of what a service takes where nothing else is said; one item alone is smaller than that.
MOST_BYTES: Final = 4 * 1_024 * 1_024


class Standing:
    """What all connections of one worker know: its session here and there, and how far the clocks differ.

    The heart reads it on a thread of its own.
    """

    def __init__(self) -> None:
        self.session = ""
        self.worker_id = ""
        self.ahead_us = 0


class Line:
    """Calls for one worker.

    What only a service can refuse is a StoreError: the worker says so and tries again.
    """

    def __init__(self, transport: Transport, standing: Standing) -> None:
        self.standing = standing
        self._transport = transport

    async def call(self, method: str, path: str, body: object = None, *, wait_s: float = 0.0) -> Any:  # noqa: ANN401 - any JSON value
        """Call a route of the namespace. Raises as Transport.call does, and StoreError."""
        try:
            return await self._transport.call(method, path, body, wait_s=wait_s)
        except (Forbidden, ServiceRefused) as error:
            raise StoreError(str(error)) from error

    async def work(self, verb: str, body: object, *, wait_s: float = 0.0) -> Any:  # noqa: ANN401 - any JSON value
        """Call a route of this worker."""
        return await self.call("POST", f"/workers/{self.standing.worker_id}/{verb}", body, wait_s=wait_s)

    async def close(self) -> None:
        """Disconnect."""
        await self._transport.close()


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield the items, in order, in parts that one request may hold."""
    begin, size = 0, 0
    for index, item in enumerate(items):
        bytes_of = len(dump_json(item))
        if index > begin and (index - begin >= MOST_ITEMS or size + bytes_of > MOST_BYTES):
            yield items[begin:index]
            begin, size = index, 0
        size += bytes_of
    if begin < len(items):
        yield items[begin:]
