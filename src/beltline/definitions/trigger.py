"""What a user says of a trigger, checked whole: one class for each kind of outside event."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, ClassVar, Final, Literal, cast
from urllib.parse import urlsplit

from beltline.core.durations import Duration, micros, moment
from beltline.core.errors import InvalidInput
from beltline.core.states import FINAL
from beltline.definitions.trigger_rule import Rule

LONGEST_PREFIX: Final = 20
LONGEST_PLACE: Final = 1_024
FINISHED: Final = "finished"
MOST_ROUNDS: Final = 1_000
SOONEST_LOOK_US: Final = 100_000
HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
SECRET: Final = re.compile(r"env:[A-Za-z_]\w{0,127}|file:/.{1,1024}")
_CHECKS: Final = ("hmac-sha256", "key")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook(Rule):
    """How a call becomes a job, over `body` and `headers`; without `payload` the body is the payload.

    `check`: `hmac-sha256` compares the header (after `prefix`) with the signature of the raw body in
    hexadecimal, `key` with the secret itself. `secret` says where the secret lies: `env:NAME` or
    `file:/path`; it is read with each call and never stored. `former_secret` says where the secret lies that
    counts too until `former_until`, while the secret is rotated.

    Raises InvalidInput that lists every fault.
    """

    check: Literal["hmac-sha256", "key"] = "hmac-sha256"
    secret: str = ""
    header: str = "x-signature-256"
    prefix: str = ""
    former_secret: str | None = None
    former_until: str | None = None

    KIND: ClassVar[str] = "webhook"
    NAMES: ClassVar[tuple[str, ...]] = ("body", "headers")

    def _faults(self) -> Iterator[str]:
        if self.check not in _CHECKS:
            yield f"check {self.check!r} is unknown; use {' or '.join(_CHECKS)}"
        if not SECRET.fullmatch(str(self.secret)):
            # What was given is not shown: it may be the secret.
            yield "secret: say where it lies, as env:NAME or file:/path; a secret itself is never stored"
        if self.former_secret is not None and not SECRET.fullmatch(str(self.former_secret)):
            yield "former_secret: say where it lies, as env:NAME or file:/path"
        if (self.former_secret is None) is not (self.former_until is None):
            yield "former_secret and former_until belong together: give both or none"
        if self.former_until is not None:
            try:
                moment(self.former_until, what="former_until")
            except InvalidInput as error:
                yield str(error)
        if not HEADER.fullmatch(str(self.header)):
            yield f"header {self.header!r}: use 1 to 64 letters, digits and -"
        if len(str(self.prefix)) > LONGEST_PREFIX:
            yield f"prefix {self.prefix!r}: use at most {LONGEST_PREFIX} characters, like 'sha256='"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutcome(Rule):
    """How the end of a job becomes another job, over `job`, `result` and `error`.

    Without `payload` these three are the payload's fields. `of` is the definition whose jobs count, any of
    them without it; `states` are final states, or "finished" for all of them. `queue` and `labels` must be
    the job's, where they are given;
    `roots`: only jobs without a parent. Each run that ends a job is one outcome, and counts once.

    Triggers that go round are refused, unless `rounds` says how many jobs in a row they may make (1 to
    1,000); a chain of triggers ends after 16 in any case without it.
    """

    of: str | None = None
    states: Sequence[str] | str = ("succeeded",)
    queue: str | None = None
    labels: Mapping[str, str] | None = None
    roots: bool = False
    rounds: int | None = None

    KIND: ClassVar[str] = "outcome"
    NAMES: ClassVar[tuple[str, ...]] = ("job", "result", "error")

    def _faults(self) -> Iterator[str]:
        known = sorted(state.value for state in FINAL)
        states = cast("object", self.states)
        if isinstance(states, str):
            object.__setattr__(self, "states", tuple(known) if states == FINISHED else (states,))
        elif isinstance(states, Sequence):
            object.__setattr__(self, "states", tuple(states))
        if not self.states or not set(self.states) <= set(known):
            yield f"states {list(self.states)!r}: give some of {', '.join(known)}, or 'finished'"
        for what in ("of", "queue"):
            value = getattr(self, what)
            if value is not None and not (isinstance(value, str) and value):
                yield f"{what} {value!r}: give a name"
        if self.labels is not None and not isinstance(cast("object", self.labels), Mapping):
            yield f"labels {self.labels!r}: give a mapping of names to texts"
        rounds = cast("object", self.rounds)
        if rounds is not None and not (type(rounds) is int and 1 <= rounds <= MOST_ROUNDS):
            yield f"rounds {rounds!r}: use a whole number from 1 to {MOST_ROUNDS:,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewObject(Rule):
    """How a new object becomes a job, over `object`: its `name`, `url`, `size`, `mark` and `modified_at`.

    Without `payload` these are the payload's fields. `place` is a folder (an absolute path or file:// URL
    that the workers have) or the URL of a bucket with its prefix; `glob` is matched with the name below it
    (`*` within a folder, `**` across folders). It is looked at every `every`. An object counts when its size
    and mark have stood still for `settle`: 2 seconds for a folder, at once in a bucket, where objects come
    whole. What is there when the trigger is made counts where `existing` is "fire".

    Each object makes one job; with `changes`, each content of it does. One that is deleted and comes again
    is new where `deleted` is "forget", and old where it is "keep".
    """

    place: str = ""
    glob: str = "**"
    every: Duration = "5s"
    settle: Duration | None = None
    existing: Literal["skip", "fire"] = "skip"
    changes: bool = False
    deleted: Literal["forget", "keep"] = "forget"

    KIND: ClassVar[str] = "object"
    NAMES: ClassVar[tuple[str, ...]] = ("object",)

    @property
    def every_us(self) -> int:
        """Microseconds between two looks."""
        return micros(self.every)

    @property
    def settle_us(self) -> int:
        """For how many microseconds an object must stand still."""
        if self.settle is not None:
            return micros(self.settle)
        return 2_000_000 if folder_of(self.place) is not None else 0

    def shape(self) -> dict[str, Any]:
        """Return what was said as JSON values: durations in seconds."""
        found = Rule.shape(self)
        for name in ("every", "settle"):
            if name in found:
                found[name] = micros(found[name]) / 1_000_000
        return found

    def _faults(self) -> Iterator[str]:
        place = str(self.place)
        is_url = _SCHEME.fullmatch(urlsplit(place).scheme) is not None and "://" in place
        if not 1 <= len(place) <= LONGEST_PLACE or not (place.startswith("/") or is_url):
            yield f"place {self.place!r}: give an absolute path, or a URL like s3://bucket/incoming/"
        if "@" in urlsplit(place).netloc or "key=" in urlsplit(place).query.lower():
            yield "place: it may hold no credentials; they come from the environment of the workers"
        if not isinstance(cast("object", self.glob), str) or not 1 <= len(self.glob) <= LONGEST_PLACE:
            yield f"glob {self.glob!r}: give a pattern like '*.pdf' or '**/*.pdf'"
        for what in ("every", "settle"):
            value = getattr(self, what)
            if value is None:
                continue
            try:
                if micros(value, what=what) < SOONEST_LOOK_US and what == "every":
                    yield f"every {value!r}: give at least 100ms"
            except InvalidInput as error:
                yield str(error)
        if self.existing not in {"skip", "fire"}:
            yield f"existing {self.existing!r}: use 'skip' or 'fire'"
        if self.deleted not in {"forget", "keep"}:
            yield f"deleted {self.deleted!r}: use 'forget' or 'keep'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Rule):
    """How a message of a broker becomes a job, over `id`, `body` and `headers`.

    Without `payload` the body is the payload. `source` is a URL; its scheme names what connects to it:
    `spool` is a folder, others are given with `belt.source(scheme, …)`. It may hold no password: that is
    read by what connects. Without `dedupe` messages of one id are one.
    """

    source: str = ""

    KIND: ClassVar[str] = "message"
    NAMES: ClassVar[tuple[str, ...]] = ("id", "body", "headers")

    def _faults(self) -> Iterator[str]:
        parts = urlsplit(str(self.source))
        if not parts.scheme or "://" not in str(self.source) or len(str(self.source)) > LONGEST_PLACE:
            yield "source: give a URL like spool:///var/spool/orders"
        if parts.password:
            yield "source: it may hold no password; what connects reads it from its environment"


KINDS: Final[Mapping[str, type[Rule]]] = MappingProxyType(
    {each.KIND: each for each in (Webhook, JobOutcome, NewObject, Message)}
)


def rule_of(kind: str, given: Mapping[str, Any]) -> Rule:
    """Return the rule of a kind that a mapping of its fields says. Raises InvalidInput."""
    made = KINDS.get(kind)
    if made is None:
        raise InvalidInput(f"kind {kind!r} is unknown; there are {', '.join(KINDS)}")
    known = {each.name for each in fields(made) if each.init}
    unknown = sorted(set(given) - known)
    if unknown:
        raise InvalidInput(
            f"the trigger has unknown fields {', '.join(unknown)}; known are {', '.join(sorted(known))}"
        )
    return made(**given)


def webhook_of(given: Mapping[str, Any]) -> Webhook:
    """Return the webhook that a mapping of its fields says. Raises InvalidInput."""
    return cast("Webhook", rule_of(Webhook.KIND, given))


def folder_of(place: str) -> str | None:
    """Return the path of a place that is a folder, None for one that is not."""
    if place.startswith("/"):
        return place
    parts = urlsplit(place)
    return parts.path if parts.scheme == "file" and parts.netloc in {"", "localhost"} else None
