"""Replay one seed and print all its hops: `python -m tests.simulation [linking] SEED [PROCESS HOP]`.

With a process and a hop that process crashes there, once, and nothing else goes wrong.
"""

from __future__ import annotations

import logging
import sys

from beltline.testing.simulation import crash_once
from tests.simulation import linking
from tests.simulation.seeds import play


def main() -> int:
    """Print the trace and the verdict; 1 where a rule was broken."""
    logging.getLogger("beltline").setLevel(logging.ERROR)
    is_linking = sys.argv[1] == "linking"
    seed, *crash = sys.argv[1 + is_linking :]
    crashes = crash_once(crash[0], int(crash[1])) if crash else None
    played = (linking.play if is_linking else play)(int(seed), crashes=crashes)
    sys.stdout.write("\n".join(played.trace) + "\n")
    verdict = played.fault or "every rule held"
    sys.stdout.write(f"seed {seed}: {played.jobs} jobs, {played.hops} hops: {verdict}\n")
    return 1 if played.fault else 0


if __name__ == "__main__":
    sys.exit(main())
