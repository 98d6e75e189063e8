"""Replay one seed and print all its hops: `python -m tests.simulation SEED`."""

from __future__ import annotations

import sys

from tests.simulation.seeds import play


def main() -> int:
    """Print the trace and the verdict; 1 where a rule was broken."""
    seed = int(sys.argv[1])
    played = play(seed)
    sys.stdout.write("\n".join(played.trace) + "\n")
    verdict = played.fault or "every rule held"
    sys.stdout.write(f"seed {seed}: {played.jobs} jobs, {played.hops} hops: {verdict}\n")
    return 1 if played.fault else 0


if __name__ == "__main__":
    sys.exit(main())
