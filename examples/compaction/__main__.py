"""Compress real logs, compare them, remove the originals; killed in the middle, the job loses no line."""

from __future__ import annotations

import sys

from examples.stage.run import options_of, run

if __name__ == "__main__":
    sys.exit(run("compaction", options_of("compaction", __doc__).parse_args()))
