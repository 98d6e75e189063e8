"""Train on real digits; two workers are taken away, and the model is the same to the last bit."""

from __future__ import annotations

import sys

from examples.stage.run import at_least, options_of, run


def main() -> int:
    """Run the example and return its exit code."""
    parser = options_of("training", __doc__)
    parser.add_argument(
        "--epochs", type=at_least(40, int), default=120, help="rounds over the data (default: %(default)s)"
    )
    return run("training", parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
