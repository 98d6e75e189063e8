"""From a seed to a verdict."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Final, NamedTuple

from beltline.core.states import FINAL
from beltline.store.contract import Store
from beltline.testing.simulation import Crashes
from tests.simulation import chores
from tests.simulation.submitter import Submitter
from tests.simulation.verdict import judge
from tests.simulation.witness import Violation
from tests.simulation.worker import Worker
from tests.simulation.world import World

MAIN_HOPS: Final = 800
CALM_HOPS: Final = 20_000


class Played(NamedTuple):
    """One seed's run. `fault` is None where every rule held."""

    trace: list[str]
    fault: str | None
    jobs: int
    hops: int


def play(
    seed: int, *, crashes: Crashes | None = None, wrap: Callable[[Store], Store] | None = None
) -> Played:
    """Run one seed: a while of trouble, then calm until all is at rest, then the verdict."""
    with World(seed, crashes=crashes, wrap=wrap) as world:
        simulation = world.simulation
        fault = None
        try:
            _populate(world)
            simulation.run(lambda: False, most_hops=MAIN_HOPS)
            world.now_calm()
            simulation.run(lambda: _at_rest(world), most_hops=CALM_HOPS)
            judge(world)
        except Violation as violation:
            fault = str(violation)
        except Exception as error:  # noqa: BLE001 - whatever the code under test raises is this seed's finding
            fault = "".join(traceback.format_exception(error))
        return Played(simulation.trace, fault, len(world.witness.jobs), simulation.hops)


def told(seed: int, played: Played, *crash: object) -> str:
    """What a person needs to see of a seed that failed; `crash`: the process and hop, if one crashed."""
    command = " ".join(map(str, (".venv/bin/python -m tests.simulation", seed, *crash)))
    end = "\n".join(played.trace[-40:])
    return f"seed {seed}: {played.fault}\nthe last hops:\n{end}\nreplay it with all its hops: {command}"


def _populate(world: World) -> None:
    spawn = world.simulation.spawn
    spawn("clock", chores.clock(world), mortal=False)
    spawn("operator", chores.operator(world))
    spawn("rescuer-a", chores.rescuer(world))
    spawn("rescuer-b", chores.rescuer(world))
    spawn("housekeeper-a", chores.housekeeper(world))
    spawn("housekeeper-b", chores.housekeeper(world))
    for name in ("worker-a", "worker-b", "worker-c"):
        spawn(name, Worker(world, name).start)
    for name in ("submitter-a", "submitter-b"):
        spawn(name, Submitter(world, name).start)


def _at_rest(world: World) -> bool:
    return not world.submitting and all(job.state in FINAL for job in world.witness.jobs.values())
