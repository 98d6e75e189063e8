"""Vacuum, reindex and analyze a real SQLite file; while a writer is busy the job puts itself off."""

from __future__ import annotations

import sys

from examples.stage.run import options_of, run

if __name__ == "__main__":
    sys.exit(run("maintenance", options_of("maintenance", __doc__).parse_args()))
