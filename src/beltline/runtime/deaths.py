"""Which worker processes died, kept by their parent until another has reported them to the store."""

from __future__ import annotations

import signal
from typing import Final, NamedTuple

from beltline.core.death import Death
from beltline.executors.black_box import BlackBox
from beltline.runtime.children import Ended

# Sent by people, by service managers, and by the kernel where memory runs out: by whose doing is not known.
FROM_OUTSIDE: Final = frozenset({-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP})


# Of one child, for bodies. What is not used of a black box takes no memory.
MOST_THREADS: Final = 1_000


class Life(NamedTuple):
    """What a child is given: its number, where it notes what it does, and the deaths it is to report."""

    number: int
    box: BlackBox
    deaths: tuple[Death, ...]


class Deaths:
    """Gives each new child the deaths that nobody has reported yet."""

    def __init__(self) -> None:
        self._lives: dict[int, Life] = {}
        self._open: list[Death] = []

    def life(self, number: int) -> Life:
        """Return what the next child of this number is given."""
        life = self._lives[number] = Life(number, BlackBox(MOST_THREADS), tuple(self._open))
        self._open.clear()
        return life

    def noted(self, ended: Ended) -> Death | None:
        """Keep the death of a child that left a session open, and those that it has not reported.

        None where it closed its session, or had none.
        """
        life = self._lives.pop(ended.number)
        if not life.box.is_burial_done:
            self._open.extend(life.deaths)
        session = life.box.session
        if not session or (ended.code == 0 and ended.said):
            return None
        is_own_doing = not ended.said and ended.code not in FROM_OUTSIDE
        death = Death(session, f"ended with {words_of(ended.code)}", is_own_doing, life.box.running)
        self._open.append(death)
        return death


def words_of(code: int) -> str:
    """Return an exit code in words; a negative one is the number of a signal."""
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def is_bodys_doing(death: Death | None) -> bool:
    """Say whether a body ended its worker: it is charged, so it cannot do so for ever."""
    return death is not None and death.is_own_doing and bool(death.running)
