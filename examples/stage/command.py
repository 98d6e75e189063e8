"""The commands of `beltline`, as a person types them."""

from __future__ import annotations

import asyncio
import os
import sys

from beltline import Beltline


async def beltline(belt: Beltline, *words: str) -> str:
    """Run a command on the store of `belt` and return what it answers."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "beltline.cli", *words),
        env={**os.environ, "BELTLINE_STORE": belt.url, "BELTLINE_NAMESPACE": belt.namespace},
        stdout=pipe,
        stderr=pipe,
    )
    answer, _ = await process.communicate()
    return answer.decode()
