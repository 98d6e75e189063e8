"""Where what this process logs goes."""

from __future__ import annotations

import logging
import sys


def log_to_stderr() -> None:
    """Say what this process logs, with the time, on standard error; where that is settled it stays."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )


def warn(text: str) -> None:
    """Log a warning."""
    log_to_stderr()
    logging.getLogger("beltline").warning(text)
