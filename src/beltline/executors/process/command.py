"""How the program in which bodies run is started; what it loads, its worker does not need."""

from __future__ import annotations

import os
import sys


def command(app: str) -> list[str]:
    """Return the command that serves the app's bodies; the number of the control socket is to follow."""
    return [sys.executable, "-m", "beltline.bodies", app, str(os.getpid())]
