"""What one run uses of its job's memory: the rules of names, the same for both kinds of Context."""

from __future__ import annotations

import json
from concurrent.futures import Future
from typing import Final, cast

from beltline.core.codec import dump_json, parse_json, payload_hash
from beltline.core.durations import moment, moment_text
from beltline.core.errors import InvalidInput, MalformedJson, StepRepeated
from beltline.core.outcome import Suspended
from beltline.definitions.port import MemoryPort, Recalled

LONGEST_NAME: Final = 200
LONGEST_KEY: Final = 255
POSITION_LIMIT: Final = 65_536


class Steps:
    """The names that a run has used, and what it knows of its job's earlier runs."""

    def __init__(self, port: MemoryPort) -> None:
        self.port = port
        self._steps: set[str] = set()
        self._cursors: set[str] = set()
        self._waits = 0
        self._positions: dict[str, str] = {}
        self._recalled: Future[Recalled] | None = None

    def recall(self) -> Future[Recalled]:
        """Ask once in a run for what the job remembers."""
        if self._recalled is None:
            self._recalled = self.port.load()
        return self._recalled

    def begin(self, name: str) -> None:
        """Take the name of a step; end the run here where its job is to be paused.

        Raises StepRepeated, InvalidInput.
        """
        self.end_if_pausing()
        if checked(name, "step name", LONGEST_NAME) in self._steps:
            raise StepRepeated(name)
        self._steps.add(name)

    def give_back(self, name: str) -> None:
        """Let a step that failed be done again in this run."""
        self._steps.discard(name)

    def begin_cursor(self, name: str) -> None:
        """Take the name of a cursor. Raises StepRepeated, InvalidInput."""
        if checked(name, "cursor name", LONGEST_NAME) in self._cursors:
            raise StepRepeated(name)
        self._cursors.add(name)

    def end_if_pausing(self) -> None:
        """Raise Suspended where the job is to be paused: between two steps it can be."""
        if self.port.is_pausing():
            raise Suspended(0)

    def wait_name(self, name: str | None) -> str:
        """Return the name of a wait: the one that was given, or the number of this unnamed one."""
        if name is not None:
            return name
        self._waits += 1
        return f"wait-{self._waits}"

    def position(self, recalled: Recalled, name: str) -> object:
        """Return the newest position of this name, None where there is none."""
        text = self._positions.get(name) or recalled.positions.get(name)
        return None if text is None else parse_json(text)

    def reached(self, name: str, position: object) -> str:
        """Take a position as the newest of its name and return it as JSON."""
        try:
            text = dump_json(position).decode()
        except MalformedJson as error:
            raise MalformedJson(
                f"the position of {name!r} is no JSON: {error}; give plain values, for instance an id"
            ) from error
        if len(text) > POSITION_LIMIT:
            raise InvalidInput(
                f"the position of {name!r} has {len(text):,} characters, more than {POSITION_LIMIT:,};"
                " keep a reference to where it stands"
            )
        self._positions[name] = text
        return text


class Pace:
    """When a cursor's position is kept: every so often by the store's time, which may jump."""

    def __init__(self, steps: Steps, name: str, every_us: int) -> None:
        self._port = steps.port
        self._name = name
        self._every_us = every_us
        self._kept_at = steps.port.now()
        self.unsaved: str | None = None

    def is_due(self, position: str) -> bool:
        """Say whether this position is to be kept now; else it is noted."""
        now = self._port.now()
        if 0 <= now - self._kept_at < self._every_us:
            self._port.reach(self._name, position)
            self.unsaved = position
            return False
        self._kept_at = now
        self.unsaved = None
        return True


def checked(text: str, what: str, limit: int) -> str:
    """Return a name that every store can hold. Raises InvalidInput."""
    if not isinstance(cast("object", text), str) or not 0 < len(text) <= limit:
        raise InvalidInput(f"the {what} {text!r} is not a text of 1 to {limit} characters; shorten it")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(f"the {what} {text!r} holds half a character; write whole ones") from error
    if "\x00" in text:
        raise InvalidInput(f"the {what} {text!r} holds a NUL, which no store keeps; leave it out")
    return text


def content_hash(content: object) -> str | None:
    """Return what content is compared by; None is no content. Raises MalformedJson."""
    return None if content is None else payload_hash(dump_json(content)).hex()


def wake_up(text: str) -> int:
    """Return the moment that a remembered wait ends at."""
    return moment(json.loads(text), what="the remembered end of a wait")


def wake_up_text(until: int) -> str:
    """Return what is remembered of a wait."""
    return json.dumps(moment_text(until))


def end_until(until: int, now: int) -> None:
    """Raise Suspended where a moment has not come yet."""
    if until > now:
        raise Suspended(until - now)
