"""How owners hear of the outcomes of their jobs: a job tells them, and is retried like any other."""

from __future__ import annotations

import json
import logging
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol, TypedDict

PATIENCE_S: Final = 30.0
# What a notice says, as expressions over the outcome: no payload, no result, and of an error only its type,
# for the rest may hold what must not leave the house.
PAYLOAD: Final[Mapping[str, str]] = MappingProxyType({"job": "job", "error": "default(error.type, '')"})


class Notice(TypedDict):
    """What an owner is told: which job of theirs ended, and how. `error` is the type of what was raised."""

    owner: str
    job: str
    definition: str
    state: str
    reason: str
    error: str
    finished_at: str


class Notifier(Protocol):
    """Tells an owner. Raises whatever hinders it: the job is retried then."""

    def tell(self, notice: Notice) -> None:
        """Tell once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program that gets the notice as JSON on its standard input; it fails where it does not return 0."""

    arguments: Sequence[str]

    def tell(self, notice: Notice) -> None:
        """Run the program, half a minute at most."""
        subprocess.run(
            list(self.arguments),
            input=json.dumps(notice).encode(),
            check=True,
            timeout=PATIENCE_S,
            stdout=subprocess.DEVNULL,
        )


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line in the log of the worker, `beltline.notice`."""

    def tell(self, notice: Notice) -> None:
        """Write the line."""
        logging.getLogger("beltline.notice").warning(
            "%s: job %s of %s is %s %s",
            notice["owner"],
            notice["job"],
            notice["definition"],
            notice["state"],
            notice["error"] or notice["reason"],
        )
