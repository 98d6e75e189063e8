"""What the figures were taken on."""

from __future__ import annotations

import os
import platform
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

FLUSHES: Final = 100
MEASURED: Final = ("src", "bench", ":(exclude)bench/results")


def machine() -> dict[str, object]:
    """Return the machine's facts: figures are comparable where these are alike."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "system": platform.platform(),
        "python": platform.python_version(),
        "flush_ms": flush_ms(),
        "load_before": round(os.getloadavg()[0], 1),
    }


def flush_ms() -> float:
    """Return how long a write of 8 KiB takes until it is on the disk; the median of a hundred."""
    with tempfile.NamedTemporaryFile(dir=Path.cwd()) as file:
        times = []
        for _ in range(FLUSHES):
            began = time.perf_counter()
            os.pwrite(file.fileno(), bytes(8192), 0)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    return round(1e3 * median(times), 3)


def commit() -> str:
    """Return the last commit of what is measured, with a mark where files differ from it.

    Results and docs are no part of that, so keeping a result does not make it another commit.
    """
    told = _git("log", "-1", "--format=%h", "--abbrev=12", "--", *MEASURED)
    return f"{told}-dirty" if told and _git("status", "--porcelain", "--", *MEASURED) else told or "unknown"


def _git(*arguments: str) -> str:
    try:
        said = subprocess.run(
            ["git", *arguments],  # noqa: S607 - git from the path
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[1],
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return said.stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )
