"""What all triggers have in common: how an event becomes a payload, which ones count, and their window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Final, cast

from beltline.core.codec import dump_json
from beltline.core.errors import InvalidInput
from beltline.core.expression import Expression
from beltline.core.window import Window, window_of, window_shape

MOST_FIELDS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How an event becomes a job.

    `payload` gives each field of the payload an expression over the names of the event's kind; without it the
    event itself is the payload. `when`: only events for which this is true make a job. `dedupe`: events for
    which this is equal make one job. `window`: a Debounce, Throttle or Gather.

    Raises InvalidInput that lists every fault.
    """

    payload: Mapping[str, str] | None = None
    when: str | None = None
    dedupe: str | None = None
    window: Window | Mapping[str, Any] | None = None
    expressions: Mapping[str, Expression] = field(init=False, repr=False, compare=False)

    KIND: ClassVar[str] = ""
    NAMES: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        made: dict[str, Expression] = {}
        faults = [*self._faults(), *self._read(made)]
        try:
            object.__setattr__(self, "window", window_of(self.window))
        except InvalidInput as error:
            faults.append(str(error))
        if faults:
            raise InvalidInput("the trigger was refused:\n" + "\n".join(f"  - {fault}" for fault in faults))
        object.__setattr__(self, "expressions", made)

    @property
    def waits(self) -> Window | None:
        """The window, read."""
        return cast("Window | None", self.window)

    def shape(self) -> dict[str, Any]:
        """Return what was said as JSON values."""
        found = {each.name: getattr(self, each.name) for each in fields(self) if each.init}
        if self.waits is not None:
            found["window"] = window_shape(self.waits)
        return {name: _plain(value) for name, value in found.items() if value is not None}

    def text(self) -> str:
        """Return the shape as a JSON text, equal for equal rules."""
        return dump_json(self.shape()).decode()

    def _faults(self) -> Iterator[str]:
        """Yield what is wrong with the fields of the kind."""
        return iter(())

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
                    made[what] = Expression(text, names=self.NAMES, what=what)
                except InvalidInput as error:
                    yield str(error)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple | frozenset) else value
