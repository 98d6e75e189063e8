"""What this machine has for jobs: processors and memory, as far as this process may use them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from beltline.config import WorkerConfig
from beltline.core.needs import MEMORY, UNIT, Amounts
from beltline.core.offers import Offer
from beltline.definitions.registry import Registry

_LIMITS: Final = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_QUOTA: Final = "/sys/fs/cgroup/cpu.max"


def offer_of(config: WorkerConfig, registry: Registry) -> Offer:
    """Return what a worker of this configuration offers to jobs.

    What is detected is shared by the worker processes of one command.
    """
    versions = {definition.name: definition.version for definition in registry}
    offered = config.resources
    found = detected() if offered.is_detected else {}
    shared = {kind: size // config.processes for kind, size in found.items()}
    amounts = {kind: size for kind, size in {**shared, **offered.amounts}.items() if size}
    return Offer(amounts, frozenset(config.tags), versions, offered.is_everything)


def slots_of(config: WorkerConfig, registry: Registry) -> int:
    """Return how many jobs a worker holds: where no body runs on the loop, no more than there are places."""
    places = {"async": config.concurrency, "thread": config.threads, "process": config.body_places}
    modes = {definition.mode for definition in registry} or {"async"}
    return min(config.concurrency, sum(places[mode] for mode in modes))


def detected(root: Path = Path("/")) -> Amounts:
    """Return processors and memory, of the machine or of the container where that has less."""
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = (_number(root / name.lstrip("/")) for name in _LIMITS)
    return {"cpu": _processors(root), MEMORY: min([pages, *(size for size in limits if size)])}


def _processors(root: Path) -> int:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = _text(root / _QUOTA.lstrip("/")).partition(" ")
    if quota.isdecimal() and period.isdecimal() and int(period):
        return max(1, min(count * UNIT, int(quota) * UNIT // int(period)))
    return count * UNIT


def _number(path: Path) -> int:
    text = _text(path)
    return int(text) if text.isdecimal() else 0


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        return ""
