"""An app that is deployed in several versions: its bodies say which one they are of."""

from __future__ import annotations

from typing import Final

from beltline import Beltline

VERSION = "0"

belt: Final = Beltline()


@belt.job(version=VERSION, pinned=True)
async def pinned() -> str:
    """Run where this version is."""
    return VERSION


@belt.job(version=VERSION)
async def following() -> str:
    """Run anywhere."""
    return VERSION
