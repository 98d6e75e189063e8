"""Compress real logs, compare them, remove the originals; killed in the middle, the job loses no line."""

from __future__ import annotations

import sys

from examples.stage.run import at_least, options_of, run


def main() -> int:
    """Run the example and return its exit code."""
    parser = options_of("compaction", __doc__)
    parser.add_argument(
        "--pause",
        type=at_least(0, float),
        default=0.1,
        help="seconds of rest after each log (default: %(default)s)",
    )
    return run("compaction", parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
