"""A seeded scheduler: runs coroutines without an event loop, hop by hop, and crashes them between hops.

Nothing here knows what the coroutines do. They must await nothing but `pause`, `hop` and each other.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Coroutine, Generator, Sequence
from contextlib import suppress
from typing import Final, TypeAlias, TypeVar

from beltline.core.ids import Random

T = TypeVar("T")

LONGEST_STALL: Final = 400


Crashes: TypeAlias = Callable[[str, int], bool]
"""Told a process's name and the number of the hop that it would make: whether it crashes instead."""


def crash_at_random(random: Random, chance: float) -> Crashes:
    """Crash at each hop with the same probability."""
    return lambda _process, _hop: random.random() < chance


def crash_once(name: str, hop: int) -> Crashes:
    """Crash the process `name` once: at its first hop numbered `hop` or more (from 0, over all processes)."""
    struck: list[int] = []

    def strike(process: str, number: int) -> bool:
        if struck or process != name or number < hop:
            return False
        struck.append(number)
        return True

    return strike


Start: TypeAlias = Callable[[int], Sequence[Coroutine[None, None, None]]]
"""Makes the coroutines of an incarnation of a process (0 for the first); what they share dies with them."""


class _Process:
    __slots__ = ("incarnation", "mortal", "name", "stalled_until", "start")

    def __init__(self, name: str, start: Start, *, mortal: bool) -> None:
        self.name = name
        self.start = start
        self.mortal = mortal
        self.incarnation = -1
        self.stalled_until = 0


class Task:
    """A coroutine of a process. `doing` is free for whoever wants to know what it is at."""

    __slots__ = ("coroutine", "doing", "name", "process")

    def __init__(self, process: _Process, number: int, coroutine: Coroutine[None, None, None]) -> None:
        self.process = process
        self.coroutine = coroutine
        self.name = f"{process.name}#{process.incarnation}.{number}"
        self.doing: object = None


class Simulation:
    """Runs processes, each of them some coroutines, in an order that `random` decides.

    A crashed coroutine is never resumed: no `finally` of it runs, as after a pulled plug. A stalled process
    is passed over for up to LONGEST_STALL hops, as one that was stopped and continued. Equal seeds give
    equal traces.
    """

    def __init__(self, random: Random, *, crashes: Crashes | None = None, stall_chance: float = 0.0) -> None:
        self.trace: list[str] = []
        self.hops = 0
        self.current: Task | None = None
        self.crashes = crashes
        self._stall_chance = stall_chance
        self._random = random
        # Until then some process may be stalled.
        self._stalls_until = 0
        self._tasks: list[Task] = []
        self._crashed: list[Task] = []

    def spawn(self, name: str, start: Start, *, mortal: bool = True) -> None:
        """Start a process. After a crash `start` is called again, with the next number."""
        self._begin(_Process(name, start, mortal=mortal))

    def note(self, text: str) -> None:
        """Add a line to the trace."""
        self.trace.append(f"{self.hops} {self.current.name if self.current else '-'} {text}")

    async def pause(self) -> None:
        """Let others go on; the process may crash here."""
        await _hop()

    async def hop(self, call: Callable[[], T]) -> T:
        """Do `call` as one indivisible act; before and after it others go on and the process may crash."""
        await _hop()
        value = call()
        await _hop()
        return value

    def run(self, done: Callable[[], bool], *, most_hops: int) -> bool:
        """Go on until `done`, at most `most_hops` more hops; return whether it is done."""
        last = self.hops + most_hops
        while not done():
            if self.hops >= last or not self._tasks:
                return False
            self._step()
        return True

    def calm(self) -> None:
        """Crash and stall no more from now on; what is stalled goes on."""
        self.crashes = None
        self._stall_chance = 0.0
        for task in self._tasks:
            task.process.stalled_until = 0

    def close(self) -> None:
        """Throw all coroutines away."""
        for task in [*self._tasks, *self._crashed]:
            with suppress(RuntimeError):
                task.coroutine.close()
        self._tasks.clear()
        self._crashed.clear()

    def _step(self) -> None:
        task = self._pick()
        process = task.process
        self.hops += 1
        if process.mortal:
            if self.crashes is not None and self.crashes(process.name, self.hops - 1):
                self._crash(process)
                return
            if self._stall_chance and self._random.random() < self._stall_chance:
                process.stalled_until = self.hops + round(self._random.random() * LONGEST_STALL)
                self._stalls_until = max(self._stalls_until, process.stalled_until)
                self.trace.append(f"{self.hops} {process.name} stalls until {process.stalled_until}")
                return
        self.current = task
        try:
            task.coroutine.send(None)
        except StopIteration:
            self._tasks.remove(task)
        finally:
            self.current = None

    def _pick(self) -> Task:
        awake = self._tasks
        if self._stalls_until > self.hops:
            awake = [task for task in awake if task.process.stalled_until <= self.hops] or awake
        return awake[int(self._random.random() * len(awake))]

    def _crash(self, process: _Process) -> None:
        self.trace.append(f"{self.hops} {process.name}#{process.incarnation} crashes")
        self._crashed += [task for task in self._tasks if task.process is process]
        self._tasks = [task for task in self._tasks if task.process is not process]
        self._begin(process)

    def _begin(self, process: _Process) -> None:
        process.incarnation += 1
        process.stalled_until = 0
        coroutines = process.start(process.incarnation)
        self._tasks += [Task(process, number, coroutine) for number, coroutine in enumerate(coroutines)]


@types.coroutine
def _hop() -> Generator[None, None, None]:
    yield
