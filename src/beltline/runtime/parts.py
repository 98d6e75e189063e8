"""What a worker is made of: what its surroundings choose, and a test may choose otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from beltline.config import Config
from beltline.core.clock import Clock
from beltline.core.errors import ConfigError
from beltline.core.ids import Random
from beltline.definitions.registry import Registry
from beltline.executors.black_box import BlackBox
from beltline.executors.contract import RemoteExecutor
from beltline.runtime.offspring import Submits
from beltline.store.contract import Store
from beltline.triggers.contract import OpenSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a worker is made of.

    `open_heart_store` makes the heart's own store; without it the worker's loop beats (in-memory stores).
    `processes` runs the bodies of mode "process". `box` is where a supervised worker notes what it does.
    `is_served`: the store is a service, which does the chores itself and gives no hints; there `submits`
    stores what bodies in processes submit. `sources` open sources of messages, by the scheme of their URLs.
    """

    store: Store
    registry: Registry
    config: Config
    clock: Clock
    random: Random
    open_heart_store: Callable[[], Store] | None = None
    processes: RemoteExecutor | None = None
    box: BlackBox | None = None
    is_served: bool = False
    submits: Submits | None = None
    sources: Mapping[str, OpenSource] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise ConfigError where a definition needs processes and there are none."""
        lacking = [] if self.processes else [each for each in self.registry if each.mode == "process"]
        if lacking:
            raise ConfigError(
                [
                    f"job {definition.name!r} at {definition.place}: this worker has no processes for bodies;"
                    " start it with the place of its app, as `beltline work APP` does"
                    for definition in lacking
                ]
            )
