"""The figures that commands of `beltline.proof` print, small here and whole in the long tests."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from beltline.proof import steps

PATIENCE_S = 600


def printed(module: str, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", f"beltline.proof.{module}", "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_step_costs_at_most_one_statement_and_those_of_many_jobs_share_some() -> None:
    figures = steps.measure(jobs=20, steps=3)

    assert (figures["recorded"], figures["statements_a_step_alone"]) == (60, 1.0)
    assert float(str(figures["statements_a_step"])) < 0.5


@pytest.mark.proof
def test_jobs_that_end_their_workers_take_no_good_one_along() -> None:
    figures = printed("poison", "--good", "1000", "--poison", "5")

    assert figures["ends"] == {"good succeeded": 1_000, "poison process_died": 5}


@pytest.mark.figure
def test_bodies_in_processes_hold_their_figures() -> None:
    figures = printed("bodies")

    assert figures["processes_to_threads"] >= 1.5
    assert figures["overhead_ms"] <= 1.0
    assert figures["poisoned_to_clean"] >= 0.5
    assert figures["poisoned"]["ends"] == {"failed": 100, "succeeded": 10_000}
    memory = figures["out_of_memory"]
    assert (memory["state"], memory["reason"], memory["neighbour"]) == (
        "failed",
        "out_of_memory",
        "succeeded",
    )
    assert memory["first_run_s"] <= 2.0
