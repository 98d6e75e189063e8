"""What is wrong with a schedule: every fault at once, each with what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, tzinfo
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, cast
from zoneinfo import ZoneInfo, available_timezones

from beltline.core.clock import DAY, MICROS
from beltline.core.durations import Duration, Moment, micros, moment
from beltline.core.errors import InvalidInput
from beltline.core.schedule import Late, Overlap
from beltline.definitions.cron import cron_faults
from beltline.definitions.ical import MOST_DATES, ical_dates

MOST_LIMIT: Final = 1_000
MOST_WINDOWS: Final = 32
SHORTEST_INTERVAL_US: Final = MICROS
LONGEST_GRACE_US: Final = DAY
LARGEST_CALENDAR: Final = 1_048_576
DATE: Final = re.compile(r"(?:(\d{4})-)?(\d\d)-(\d\d)")
WINDOW: Final = re.compile(r"(?:([a-z]{3})(?:-([a-z]{3}))? )?(\d\d):(\d\d)-(\d\d):(\d\d)")
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_KINDS: Final = ("cron", "every", "at")


def faults_of(given: Mapping[str, Any]) -> list[str]:
    """Return every fault of a schedule's fields; those of `without` are found by `resolved_dates`."""
    return [*_kind_faults(given), *_zone_faults(given), *_time_faults(given), *_policy_faults(given)]


def zone_of(name: str) -> tzinfo:
    """Return the zone of an IANA name. Raises InvalidInput with the names that are nearest."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        near = get_close_matches(str(name), available_timezones(), n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "use an IANA name like Europe/Berlin"
        raise InvalidInput(f"zone {name!r} does not exist; {hint}") from error


def resolved_dates(given: object, faults: list[str]) -> tuple[str, ...]:
    """Return dates to leave out with calendars read in their place; add to `faults` what is none."""
    items = [given] if isinstance(given, str | Path) else given
    if not isinstance(items, Sequence):
        faults.append(
            f"without {given!r}: give a list of dates like '2026-12-24' or calendars like 'days.ics'"
        )
        return ()
    found: list[str] = []
    for item in items:
        try:
            found += _dates_of(item)
        except InvalidInput as error:
            faults.append(f"without: {error}")
    if len(found) > MOST_DATES:
        faults.append(f"without: {len(found):,} dates, at most {MOST_DATES:,} are kept")
    return tuple(dict.fromkeys(found))


def _dates_of(item: object) -> Sequence[str]:
    if isinstance(item, Path) or (isinstance(item, str) and item.lower().endswith(".ics")):
        try:
            with Path(item).open(encoding="utf-8") as file:
                text = file.read(LARGEST_CALENDAR + 1)
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"the calendar {str(item)!r} cannot be read: {error}") from error
        if len(text) > LARGEST_CALENDAR:
            raise InvalidInput(f"the calendar {str(item)!r} is larger than {LARGEST_CALENDAR:,} bytes")
        return ical_dates(text)
    if not isinstance(item, str):
        raise InvalidInput(f"{item!r} is no date; write '2026-12-24', '12-25' or '2026-12-24/2027-01-06'")
    if item.lstrip().upper().startswith("BEGIN:VCALENDAR"):
        return ical_dates(item)
    _span_of(item)
    return (item,)


def _span_of(text: str) -> tuple[date, date] | tuple[int, int]:
    """Return two dates, or the month and day of each year. Raises InvalidInput."""
    first, slash, last = text.partition("/")
    parts = DATE.fullmatch(first)
    try:
        if parts is not None and parts[1] is None and not slash:
            day = date(2000, int(parts[2]), int(parts[3]))
            return day.month, day.day
        begin = date.fromisoformat(first)
        end = date.fromisoformat(last) if slash else begin
    except ValueError as error:
        raise InvalidInput(
            f"{text!r} is no date; write '2026-12-24', '12-25' or '2026-12-24/2027-01-06'"
        ) from error
    if end < begin:
        raise InvalidInput(f"{text!r} ends before it begins")
    return begin, end


def spans_of(texts: Sequence[str]) -> Iterator[tuple[date, date] | tuple[int, int]]:
    """Yield what each of the checked dates stands for."""
    return map(_span_of, texts)


def _kind_faults(given: Mapping[str, Any]) -> Iterator[str]:
    named = [kind for kind in _KINDS if given[kind] is not None]
    if len(named) != 1:
        yield f"give one of cron, every and at; {', '.join(named) if named else 'none'} was given"
    if given["cron"] is not None:
        yield from cron_faults(given["cron"])
    if given["every"] is not None:
        yield from _duration_faults("every", given["every"], SHORTEST_INTERVAL_US, 36_500 * DAY)


def _zone_faults(given: Mapping[str, Any]) -> Iterator[str]:
    try:
        zone_of(given["zone"])
    except InvalidInput as error:
        yield str(error)


def _time_faults(given: Mapping[str, Any]) -> Iterator[str]:
    found: dict[str, int] = {}
    for name in ("at", "start", "end"):
        if given[name] is not None:
            try:
                found[name] = moment(cast("Moment", given[name]), what=name)
            except InvalidInput as error:
                yield str(error)
    if "start" in found and "end" in found and found["end"] < found["start"]:
        yield "end lies before start"
    yield from _duration_faults("jitter", given["jitter"], 0, DAY)
    if given["latest"] is not None:
        yield from _duration_faults("latest", given["latest"], 0, 30 * DAY)
        if not given["windows"]:
            yield "latest needs windows: it bounds how long a job waits for one"
    if len(given["windows"]) > MOST_WINDOWS:
        yield f"windows: {len(given['windows'])} given, at most {MOST_WINDOWS} are kept"
    for window in given["windows"]:
        yield from _window_faults(window)


def _window_faults(window: object) -> Iterator[str]:
    parts = WINDOW.fullmatch(window.lower()) if isinstance(window, str) else None
    form = "write '22:00-06:00', or 'sat-sun 00:00-24:00' with days"
    if parts is None:
        yield f"window {window!r} is not possible; {form}"
        return
    unknown = [day for day in (parts[1], parts[2]) if day is not None and day not in WEEKDAYS]
    times = [int(parts[index]) * 60 + int(parts[index + 1]) for index in (3, 5)]
    minutes = [int(parts[index]) for index in (4, 6)]
    if unknown or times[0] >= DAY // (60 * MICROS) or times[1] > DAY // (60 * MICROS) or max(minutes) > 59:  # noqa: PLR2004 - minutes of an hour
        yield f"window {window!r} is not possible; {form}"
    elif times[0] == times[1]:
        yield f"window {window!r} is empty; {form}"


def _policy_faults(given: Mapping[str, Any]) -> Iterator[str]:
    for name, choices in (("misfire", Late), ("overlap", Overlap)):
        if given[name] not in [choice.value for choice in choices]:
            yield f"{name} {given[name]!r} is unknown; use {', '.join(choice.value for choice in choices)}"
    if given["misfire"] == Late.ALL and given["overlap"] != Overlap.ALLOW:
        yield "misfire 'all' fires several ticks at once: that needs overlap 'allow'"
    yield from _duration_faults("misfire_window", given["misfire_window"], 0, 3_660 * DAY)
    yield from _duration_faults("misfire_grace", given["misfire_grace"], MICROS, LONGEST_GRACE_US)
    limit = given["misfire_limit"]
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MOST_LIMIT:
        yield f"misfire_limit {limit!r}: use a whole number from 1 to {MOST_LIMIT:,}"


def _duration_faults(name: str, value: object, least: int, most: int) -> Iterator[str]:
    try:
        found = micros(cast("Duration", value), what=name)
    except InvalidInput as error:
        yield str(error)
        return
    if not least <= found <= most:
        yield f"{name} {value!r}: use a time from {least / MICROS:g} to {most / MICROS:,.0f} seconds"
