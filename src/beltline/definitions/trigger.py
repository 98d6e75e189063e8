"""What a user says of a webhook trigger, checked whole: who may call it, and how a call becomes a job."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal, cast

from beltline.core.codec import dump_json
from beltline.core.durations import moment
from beltline.core.errors import InvalidInput
from beltline.core.expression import Expression

NAMES: Final = ("body", "headers")
MOST_FIELDS: Final = 64
LONGEST_PREFIX: Final = 20
HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
SECRET: Final = re.compile(r"env:[A-Za-z_]\w{0,127}|file:/.{1,1024}")
_CHECKS: Final = ("hmac-sha256", "key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """How a call becomes a job.

    `check`: `hmac-sha256` compares the header (after `prefix`) with the signature of the raw body in
    hexadecimal, `key` with the secret itself. `secret` says where the secret lies: `env:NAME` or
    `file:/path`; it is read with each call and never stored. `payload` gives each field of the payload an
    expression over `body` and `headers`; without it the body is the payload. `when`: only calls for which
    this is true make a job. `dedupe`: calls for which this is equal make one job. `former_secret` says where
    the secret lies that counts too until `former_until`, while the secret is rotated.

    Raises InvalidInput that lists every fault.
    """

    check: Literal["hmac-sha256", "key"] = "hmac-sha256"
    secret: str = ""
    header: str = "x-signature-256"
    prefix: str = ""
    payload: Mapping[str, str] | None = None
    when: str | None = None
    dedupe: str | None = None
    former_secret: str | None = None
    former_until: str | None = None
    expressions: Mapping[str, Expression] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        made: dict[str, Expression] = {}
        faults = [*self._faults(), *self._read(made)]
        if faults:
            raise InvalidInput("the trigger was refused:\n" + "\n".join(f"  - {fault}" for fault in faults))
        object.__setattr__(self, "expressions", made)

    def shape(self) -> dict[str, Any]:
        """Return what was said as JSON values."""
        found = {each.name: getattr(self, each.name) for each in fields(self) if each.init}
        return {name: value for name, value in found.items() if value is not None}

    def text(self) -> str:
        """Return the shape as a JSON text."""
        return dump_json(self.shape()).decode()

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

    def _read(self, made: dict[str, Expression]) -> Iterator[str]:
        given: dict[str, object] = {"when": self.when, "dedupe": self.dedupe}
        payload = cast("object", self.payload)
        if isinstance(payload, Mapping):
            if len(payload) > MOST_FIELDS:
                yield f"payload: {len(payload)} fields, at most {MOST_FIELDS} are kept"
            given |= {f"payload.{name}": text for name, text in payload.items()}
        elif payload is not None:
            yield f"payload {payload!r}: give an expression for each field"
        for what, text in given.items():
            if text is not None:
                try:
                    made[what] = Expression(text, names=NAMES, what=what)
                except InvalidInput as error:
                    yield str(error)


def rule_of(kind: str, given: Mapping[str, Any]) -> Webhook:
    """Return the rule of a kind that a mapping of its fields says. Raises InvalidInput."""
    if kind != "webhook":
        raise InvalidInput(f"kind {kind!r} is unknown; there are webhook")
    return webhook_of(given)


def webhook_of(given: Mapping[str, Any]) -> Webhook:
    """Return the webhook that a mapping of its fields says. Raises InvalidInput."""
    known = {each.name for each in fields(Webhook) if each.init}
    unknown = sorted(set(given) - known)
    if unknown:
        raise InvalidInput(
            f"the trigger has unknown fields {', '.join(unknown)}; known are {', '.join(sorted(known))}"
        )
    return Webhook(**given)
