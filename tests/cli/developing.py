"""A started `beltline dev`, read event by event."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

APP: Final = """
import asyncio
from beltline import Beltline

belt = Beltline()

@belt.job
async def answer(gate: str = "") -> str:
    while gate and not os.path.exists(gate):
        await asyncio.sleep(0.01)
    print("answering")
    return ANSWER
"""


class Dev:
    """`beltline dev app.py --json` in a folder of its own."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        self.url = f"sqlite:///{folder / 'dev.db'}"
        self.seen: list[dict[str, Any]] = []
        self._words = words
        self._process: subprocess.Popen[str] | None = None

    def write(self, answer: str, *, more: str = "") -> None:
        """Save the app: its job returns this from now on."""
        draft = self.folder / "draft"
        draft.write_text(f"import os\nANSWER = {answer!r}\n{APP}\n{more}", "utf-8")
        draft.replace(self.folder / "app.py")

    def start(self) -> None:
        env = {name: value for name, value in os.environ.items() if not name.startswith("BELTLINE_")}
        argv = [sys.executable, "-m", "beltline.cli", "dev", "app.py", "--json", *self._words]
        self._process = subprocess.Popen(
            argv,
            cwd=self.folder,
            env={**env, "BELTLINE_STORE": self.url},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def until(self, event: str, check: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """Read on until an event that fits; return it."""
        for found in self._events():
            assert "event" in found, found
            if found["event"] == event and check(found):
                return found
        raise AssertionError(f"there was no {event!r}:\n" + "\n".join(map(str, self.seen)))

    def submit(self, job: str = "answer", /, **payload: str) -> str:
        """Submit a job; return its id."""
        said = subprocess.run(
            [sys.executable, "-m", "beltline.cli", "submit", job, json.dumps(payload)],
            env={**os.environ, "BELTLINE_STORE": self.url},
            capture_output=True,
            text=True,
            check=True,
        )
        return said.stdout.strip()

    def stop(self) -> int:
        """End it as Ctrl-C does; return the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        self.seen += self._events()
        return self._process.wait(60)

    def kill(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()

    def _events(self) -> Iterator[dict[str, Any]]:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            found: dict[str, Any] = json.loads(line)
            self.seen.append(found)
            yield found
