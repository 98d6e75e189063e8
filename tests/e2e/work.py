"""One worker process, not supervised: `python -m tests.e2e.work '{"url": …, "lease_us": …}'`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from beltline.app import run_worker
from beltline.config import Config, StoreConfig, WorkerConfig, load

APP = Path(__file__).with_name("app.py")


def main() -> int:
    """Work with the settings given."""
    settings = json.loads(sys.argv[1])
    store = StoreConfig(url=settings.pop("url"))
    objects = load(None, os.environ, {}).objects
    return run_worker(Config(store=store, worker=WorkerConfig(**settings), objects=objects), f"{APP}:belt")


if __name__ == "__main__":
    # As the supervisor's children do: threads that are stuck in a body must not hold the process back.
    os._exit(main())
