"""A terminal of one's own, for what is only shown on one."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from tests.architecture.source import REPOSITORY


def on_terminal(url: str, *argv: str) -> tuple[int, str]:
    """Run a command line on a terminal; return its exit code and all that it wrote there."""
    main_end, end = pty.openpty()
    env = {
        **os.environ,
        "BELTLINE_STORE": url,
        "TERM": "xterm",
        "COLUMNS": "140",
        "PYTHONPATH": str(REPOSITORY),
    }
    process = subprocess.Popen([sys.executable, "-m", "beltline.cli", *argv], stdout=end, stderr=end, env=env)
    os.close(end)
    said = b""
    while True:
        try:
            part = os.read(main_end, 65_536)
        except OSError:
            break
        if not part:
            break
        said += part
    os.close(main_end)
    return process.wait(), said.decode()
