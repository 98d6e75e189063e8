"""Any order of verbs leaves a store in the state that the model is in. A failure prints how to repeat it."""

from __future__ import annotations

import asyncio
import faulthandler
from functools import partial
from typing import cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.clocks import FakeClock
from tests.conformance.linked_machine import LinkedMachine
from tests.conformance.machine import StoreMachine
from tests.conformance.stores import Place


def explore(place: Place, examples: int, steps: int, kind: type[StoreMachine] = StoreMachine) -> None:
    """Run the machine `examples` times, at most `steps` verbs each, on one open store."""
    # A long run, and the search for the shortest failure, may take longer than a test that hangs is given.
    faulthandler.cancel_dump_traceback_later()
    with asyncio.Runner() as runner:
        store = place.store(FakeClock())
        runner.run(store.open(migrate=True))
        machine = cast("type[StoreMachine]", partial(kind, runner, place, store))
        try:
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=examples,
                    stateful_step_count=steps,
                    deadline=None,
                    print_blob=True,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(store.close())


def test_a_store_does_what_the_model_does(place: Place) -> None:
    explore(place, examples=35, steps=80)


def test_a_store_does_with_linked_jobs_what_the_model_does(place: Place) -> None:
    explore(place, examples=20, steps=50, kind=LinkedMachine)


@pytest.mark.proof
def test_a_store_does_what_the_model_does_at_length(place: Place) -> None:
    explore(place, examples=500, steps=80)


@pytest.mark.proof
def test_a_store_does_with_linked_jobs_what_the_model_does_at_length(place: Place) -> None:
    explore(place, examples=400, steps=70, kind=LinkedMachine)
