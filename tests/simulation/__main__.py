"""Replay one seed and print all its hops: `python -m tests.simulation SEED [PROCESS HOP]`.

With a process and a hop that process crashes there, once, and nothing else goes wrong.
"""

from __future__ import annotations

import logging
import sys

from beltline.testing.simulation import crash_once
from tests.simulation.seeds import play


def main() -> int:
    """Print the trace and the verdict; 1 where a rule was broken."""
    logging.getLogger("beltline").setLevel(logging.ERROR)
    seed, *crash = sys.argv[1:]
    crashes = crash_once(crash[0], int(crash[1])) if crash else None
    played = play(int(seed), crashes=crashes)
    sys.stdout.write("\n".join(played.trace) + "\n")
    verdict = played.fault or "every rule held"
    sys.stdout.write(f"seed {seed}: {played.jobs} jobs, {played.hops} hops: {verdict}\n")
    return 1 if played.fault else 0


if __name__ == "__main__":
    sys.exit(main())
