"""The dates of an iCalendar text (RFC 5545): those on which its events lie, as dates to leave out.

Of the rules of repetition it knows what calendars of holidays use: yearly ones. Times of day do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from beltline.core.errors import InvalidInput

MOST_DATES: Final = 5_000
# A rule without an end that is not simply "each year on this date" is written out for so many years.
YEARS_AHEAD: Final = 30
_LINE: Final = re.compile(r"([A-Za-z-]+)((?:;[^:\"]*(?:\"[^\"]*\")?)*):(.*)")
_DATE: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(T\d{6}Z?)?")
_DAY: Final = re.compile(r"([+-]?\d)?(MO|TU|WE|TH|FR|SA|SU)")
_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WEEKS: Final = re.compile(r"P(?:(\d+)W|(\d+)D)?(?:T.*)?")
_KNOWN: Final = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "WKST"})
_ONE: Final = timedelta(days=1)


def ical_dates(text: str) -> tuple[str, ...]:
    """Return the dates of all events, as a Schedule's `without` takes them.

    Raises InvalidInput that names the event and what it cannot read of it.
    """
    found: list[str] = []
    for number, event in enumerate(_events(text), 1):
        try:
            found += _dates_of(event)
        except ValueError as error:
            name = event.get("SUMMARY", f"number {number}")
            raise InvalidInput(f"event {name!r} of the iCalendar: {error}") from error
        if len(found) > MOST_DATES:
            raise InvalidInput(f"the iCalendar has more than {MOST_DATES:,} dates; give a shorter one")
    if not found:
        raise InvalidInput("the iCalendar has no events (BEGIN:VEVENT … END:VEVENT with a DTSTART)")
    return tuple(dict.fromkeys(found))


def _events(text: str) -> Iterator[Mapping[str, str]]:
    event: dict[str, str] | None = None
    # A line that begins with a space or a tab goes on with the one before.
    for line in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        parts = _LINE.fullmatch(line)
        if parts is None:
            continue
        name, value = parts[1].upper(), parts[3].strip()
        if (name, value.upper()) == ("BEGIN", "VEVENT"):
            event = {}
        elif (name, value.upper()) == ("END", "VEVENT") and event is not None:
            if "DTSTART" in event and event.get("STATUS", "").upper() != "CANCELLED":
                yield event
            event = None
        elif event is not None:
            event[name] = f"{event[name]},{value}" if name == "EXDATE" and name in event else value


def _dates_of(event: Mapping[str, str]) -> Iterator[str]:
    first = _date(event["DTSTART"])
    length = _length(event, first)
    rule = dict(part.partition("=")[::2] for part in event.get("RRULE", "").upper().split(";") if part)
    left_out = {_date(value) for value in event.get("EXDATE", "").split(",") if value}
    if not rule:
        yield _span(first, length)
        return
    if unknown := rule.keys() - _KNOWN:
        raise ValueError(f"its rule uses {', '.join(sorted(unknown))}; give its dates as single events")
    if rule.get("FREQ") != "YEARLY":
        raise ValueError(
            f"it repeats {rule.get('FREQ', '')}; only YEARLY is known: name weekdays in the cron"
        )
    if rule.keys() <= {"FREQ", "WKST"} and not left_out and not length:
        yield f"{first:%m-%d}"
        return
    yield from (_span(day, length) for day in _yearly(first, rule) if day not in left_out)


def _yearly(first: date, rule: Mapping[str, str]) -> Iterator[date]:
    step, count = int(rule.get("INTERVAL", "1")), int(rule.get("COUNT", "0"))
    if step < 1:
        raise ValueError("its INTERVAL must be 1 or more")
    until = _date(rule["UNTIL"]) if "UNTIL" in rule else date.max
    months = [int(month) for month in rule["BYMONTH"].split(",")] if "BYMONTH" in rule else [first.month]
    given = 0
    for year in range(first.year, first.year + YEARS_AHEAD * step + 60, step):
        for month in sorted(months):
            for day in _days_in(year, month, first, rule):
                if day > until or (count and given >= count):
                    return
                if day >= first:
                    given += 1
                    yield day


def _days_in(year: int, month: int, first: date, rule: Mapping[str, str]) -> list[date]:
    """Return the days of a month that the rule names."""
    begin = date(year, month, 1)
    end = (begin + 31 * _ONE).replace(day=1)
    days = [begin + _ONE * offset for offset in range((end - begin).days)]
    if "BYDAY" in rule:
        named = [_named(days, text) for text in rule["BYDAY"].split(",")]
        chosen = {day for some in named for day in some}
        if "BYMONTHDAY" in rule:
            chosen &= {days[number - 1] for number in _numbers(rule) if number <= len(days)}
        return sorted(chosen)
    numbers = _numbers(rule) if "BYMONTHDAY" in rule else [first.day]
    return [days[number - 1] for number in sorted(numbers) if number <= len(days)]


def _numbers(rule: Mapping[str, str]) -> list[int]:
    numbers = [int(number) for number in rule["BYMONTHDAY"].split(",")]
    if any(number < 1 for number in numbers):
        raise ValueError("its BYMONTHDAY counts from the end of the month; give its dates as single events")
    return numbers


def _named(days: list[date], text: str) -> list[date]:
    parts = _DAY.fullmatch(text)
    if parts is None:
        raise ValueError(f"its BYDAY {text!r} is no day of the week")
    same = [day for day in days if day.weekday() == _DAYS.index(parts[2])]
    if parts[1] is None:
        return same
    place = int(parts[1])
    return same[place - 1 : place] if place > 0 else same[place:][:1]


def _length(event: Mapping[str, str], first: date) -> int:
    """Return how many days follow the first one. The end of an event of whole days is not included."""
    if "DTEND" in event:
        last = _date(event["DTEND"])
        whole = "T" not in event["DTEND"]
        return max(0, (last - first).days - whole)
    parts = _WEEKS.fullmatch(event.get("DURATION", "P1D"))
    if parts is None:
        raise ValueError(f"its DURATION {event['DURATION']!r} is not known; give a DTEND")
    return max(0, 7 * int(parts[1] or 0) + int(parts[2] or 0) - 1)


def _date(value: str) -> date:
    parts = _DATE.fullmatch(value)
    if parts is None:
        raise ValueError(f"{value!r} is no date")
    return date(int(parts[1]), int(parts[2]), int(parts[3]))


def _span(first: date, length: int) -> str:
    return f"{first}/{first + length * _ONE}" if length else f"{first}"
