"""What both stores ask of a connection that a caller gives as `conn=`."""

from __future__ import annotations

import asyncio

from beltline.core.errors import Unsupported


def require_loop(conn: object) -> None:
    """Raise Unsupported where an asynchronous connection is given on a thread without an event loop.

    It is refused before it is touched: its driver would send from this thread while the loop of another one
    reads the answer, which is a race inside the driver's C code that ended the whole interpreter.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise Unsupported(
            f"`conn=` is a {type(conn).__qualname__}, an asynchronous connection, and this thread has no"
            " event loop: give a synchronous one, or await the asynchronous form instead"
        ) from None
