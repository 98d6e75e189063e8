"""Build a real package and run its tests in processes with limits; two tests that exceed them hurt nobody."""

from __future__ import annotations

import sys

from examples.stage.run import options_of, run

if __name__ == "__main__":
    sys.exit(run("ci", options_of("ci", __doc__).parse_args()))
