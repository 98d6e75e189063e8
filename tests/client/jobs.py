"""The jobs of the client's tests."""

from __future__ import annotations

from dataclasses import dataclass

from beltline.client.beltline import Beltline
from beltline.definitions.context import Context


@dataclass
class Thumb:
    path: str
    width: int


class Jobs:
    """Some job definitions of one Beltline."""

    def __init__(self, belt: Beltline) -> None:
        self.belt = belt

        @belt.job(queue="images", priority=2, labels={"team": "media"})
        async def thumbnail(ctx: Context, path: str, width: int = 256) -> Thumb:
            return Thumb(path, width)

        @belt.job
        def add(left: int, right: int) -> int:
            return left + right

        @belt.job(name="say-nothing")
        def silent() -> None: ...

        self.thumbnail = thumbnail
        self.add = add
        self.silent = silent
