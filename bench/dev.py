"""How long `beltline dev` takes to be ready, and to run changed code: `python -m bench.dev`.

Medians of five, measured from outside: from the start of the command, and from the saving of the file, to the
line that says so.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, cast

TIMES = 5
APP = """from beltline import Beltline

belt = Beltline()


@belt.job
async def answer() -> int:
    return {number}
"""


def main() -> None:
    """Measure and print."""
    ready, reload = [], []
    for number in range(TIMES):
        with tempfile.TemporaryDirectory() as name:
            first, second = _once(Path(name), number)
        ready.append(first)
        reload.append(second)
    print(f"ready  {statistics.median(ready):.2f} s  (longest {max(ready):.2f} s)")
    print(f"reload {statistics.median(reload):.2f} s  (longest {max(reload):.2f} s)")


def _once(folder: Path, number: int) -> tuple[float, float]:
    app = folder / "app.py"
    app.write_text(APP.format(number=number), "utf-8")
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "beltline.cli", "dev", "app.py", "--json"],
        cwd=folder,
        env={**os.environ, "BELTLINE_STORE": f"sqlite:///{folder / 'dev.db'}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    lines = cast("IO[str]", process.stdout)
    _until(lines, "ready")
    ready = time.perf_counter() - began
    _until(lines, "watching")
    saved = time.perf_counter()
    app.write_text(APP.format(number=number + 1), "utf-8")
    _until(lines, "ready")
    reload = time.perf_counter() - saved
    process.send_signal(signal.SIGINT)
    process.communicate()
    return ready, reload


def _until(lines: IO[str], event: str) -> None:
    for line in lines:
        if json.loads(line)["event"] == event:
            return
    raise RuntimeError(f"`beltline dev` ended before it was {event}")


if __name__ == "__main__":
    main()
