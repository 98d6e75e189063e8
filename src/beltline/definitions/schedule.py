"""What a user says of a schedule, checked whole, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, cast

from beltline.core.clock import MICROS
from beltline.core.codec import dump_json
from beltline.core.durations import Duration, Moment, micros, moment, moment_text
from beltline.core.errors import InvalidInput
from beltline.definitions.schedule_faults import faults_of, resolved_dates


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When jobs are made. One of `cron`, `every` and `at` says it; the rest limits and shifts it.

    `cron` is a cron line in `zone`; `every` an interval, counted from `start` or else from 1970; `at` one
    moment. No tick lies before `start` or after `end`. `without` are dates to leave out, in `zone`:
    `"2026-12-24"`, `"12-25"` of each year, `"2026-12-24/2027-01-06"`, or an iCalendar: its Path, the name of
    its `.ics` file, its text.

    A tick's job starts at the tick; up to `jitter` later, always the same for one tick; and, where there are
    `windows` (`"22:00-06:00"`, `"sat-sun 00:00-24:00"`), within these, but no later than `latest` after the
    tick.

    A tick is late once `misfire_grace` has passed. Of late ticks `misfire` fires the newest one (`once`), the
    newest `misfire_limit` (`all`, which needs overlap `allow`) or none (`skip`); one older than
    `misfire_window` never fires. `overlap` says what a tick does while the job of an earlier one is not
    final: `allow`, `skip`, `buffer` (one tick waits for the end) or `cancel` (that job is cancelled, then
    this one starts).

    Raises InvalidInput that lists every fault.
    """

    cron: str | None = None
    every: Duration | None = None
    at: Moment | None = None
    zone: str = "UTC"
    start: Moment | None = None
    end: Moment | None = None
    jitter: Duration = 0
    without: Sequence[str | Path] = ()
    windows: Sequence[str] = ()
    latest: Duration | None = None
    misfire: Literal["once", "all", "skip"] = "once"
    misfire_window: Duration = "1d"
    misfire_limit: int = 10
    misfire_grace: Duration = "1m"
    overlap: Literal["allow", "skip", "buffer", "cancel"] = "skip"

    def __post_init__(self) -> None:
        """Refuse what cannot be; read calendars, which other machines do not have."""
        faults: list[str] = []
        object.__setattr__(self, "without", resolved_dates(self.without, faults))
        object.__setattr__(self, "windows", _windows(self.windows, faults))
        faults += faults_of({field.name: getattr(self, field.name) for field in fields(self)})
        if faults:
            raise InvalidInput("the schedule was refused:\n" + "\n".join(f"  - {fault}" for fault in faults))

    def shape(self) -> dict[str, Any]:
        """Return what was said as JSON values: durations in seconds, moments as ISO 8601 texts."""
        found: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None or value == field.default:
                continue
            if field.name in _DURATIONS:
                value = _seconds(cast("Duration", value))
                if field.default is not None and value == _seconds(cast("Duration", field.default)):
                    continue
            elif field.name in _MOMENTS:
                value = moment_text(moment(cast("Moment", value)))
            found[field.name] = list(value) if isinstance(value, tuple) else value
        return found

    def text(self) -> str:
        """Return the shape as a JSON text, equal for equal schedules."""
        return dump_json(self.shape()).decode()


OPTIONS: Final = frozenset(field.name for field in fields(Schedule))
_DURATIONS: Final = frozenset({"every", "jitter", "latest", "misfire_window", "misfire_grace"})
_MOMENTS: Final = frozenset({"at", "start", "end"})


def schedule_of(given: object) -> Schedule:
    """Return the schedule that a Schedule, a cron line or a mapping of fields says. Raises InvalidInput."""
    if isinstance(given, Schedule):
        return given
    if isinstance(given, str):
        return Schedule(cron=given)
    if isinstance(given, timedelta):
        return Schedule(every=given)
    if isinstance(given, datetime):
        return Schedule(at=given)
    if not isinstance(given, Mapping):
        raise InvalidInput(f"schedule {given!r}: give a Schedule, or a cron line like '0 3 * * *'")
    unknown = sorted(str(name) for name in given if name not in OPTIONS)
    if unknown:
        raise InvalidInput(
            f"the schedule has unknown fields {', '.join(unknown)}; known are {', '.join(sorted(OPTIONS))}"
        )
    return Schedule(**given)


def _windows(given: object, faults: list[str]) -> tuple[Any, ...]:
    if isinstance(given, str):
        return (given,)
    if isinstance(given, Sequence):
        return tuple(given)
    faults.append(f"windows {given!r}: give a list of hours like '22:00-06:00'")
    return ()


def _seconds(value: Duration) -> float | int:
    found = micros(value)
    return found // MICROS if found % MICROS == 0 else found / MICROS
