"""What looks at a trigger remember, in its row."""

from __future__ import annotations

import json
from typing import NamedTuple

from beltline.core.codec import dump_json
from beltline.core.window import Memory
from beltline.store.triggers import Leaving, StoredTrigger


class Remembered(NamedTuple):
    """`window` and `window_at`: its window, and when that is to be looked at.

    Of a place: `look_at`, the name `after` which the look goes on, whether it was looked at wholly before
    (`begun`), how many looks failed in a row, and when an object will have stood still.
    """

    window: Memory = Memory()
    window_at: int | None = None
    look_at: int | None = None
    after: str = ""
    begun: bool = False
    failures: int = 0
    settles_at: int | None = None

    @property
    def due_at(self) -> int | None:
        """When to look next."""
        return min((at for at in (self.window_at, self.look_at) if at is not None), default=None)

    def leaving(self, turn: int, due_at: int | None = None) -> Leaving:
        """Return what a look at this turn leaves; `due_at` where that is sooner than it says itself."""
        given = self._asdict() | {
            "window": [self.window.first_at, self.window.last_at, list(self.window.fires)]
        }
        default = Remembered()._asdict() | {"window": [None, None, []]}
        kept = {name: value for name, value in given.items() if value != default[name]}
        return Leaving(turn, self.due_at if due_at is None else due_at, dump_json(kept).decode())


def remembered(row: StoredTrigger) -> Remembered:
    """Return what looks at a trigger remember."""
    found = json.loads(row.memory)
    first_at, last_at, fires = found.pop("window", (None, None, ()))
    return Remembered(**found, window=Memory(first_at, last_at, tuple(fires)))
