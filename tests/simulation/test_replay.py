"""A seed is a whole history: it can be told again, hop by hop, in any process."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.architecture.source import REPOSITORY
from tests.simulation.broken import BROKEN
from tests.simulation.seeds import play, told


def test_equal_seeds_give_equal_traces() -> None:
    first, second = play(7), play(7)

    assert first == second
    assert len(first.trace) > 100


def test_other_seeds_give_other_traces() -> None:
    assert play(7).trace != play(8).trace


def test_a_seed_replays_exactly_in_another_process() -> None:
    replayed = _replay("7", PYTHONHASHSEED="12345")

    played = play(7)
    assert replayed.stdout.splitlines()[:-1] == played.trace
    assert replayed.returncode == 0


def test_a_failing_seed_is_told_with_the_command_that_replays_it() -> None:
    failing = next(
        (seed, played)
        for seed in range(50)
        if (played := play(seed, wrap=BROKEN["hides_lost_sessions"])).fault
    )

    text = told(*failing)

    assert f"seed {failing[0]}: " in text
    assert f"python -m tests.simulation {failing[0]}" in text


def _replay(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
