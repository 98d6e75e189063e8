"""Fill in a new column of a real table; killed in the middle, the job goes on where it was."""

from __future__ import annotations

import sys

from examples.stage.run import at_least, options_of, run


def main() -> int:
    """Run the example and return its exit code."""
    parser = options_of("backfill", __doc__)
    parser.add_argument(
        "--pause",
        type=at_least(0, float),
        default=0.02,
        help="seconds between two pages of 50 rows (default: %(default)s)",
    )
    return run("backfill", parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
