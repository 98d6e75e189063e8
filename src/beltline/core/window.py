"""Windows of triggers: when events become jobs, and how many. The store keeps what is remembered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias, cast

from beltline.core.clock import MICROS
from beltline.core.durations import Duration, micros
from beltline.core.errors import InvalidInput

MOST_GATHERED: Final = 1_000
LARGEST_GATHERED: Final = 1_000_000
MOST_A_PERIOD: Final = 1_000
MOST_HELD: Final = 10_000


@dataclass(frozen=True, slots=True)
class Debounce:
    """One job for a burst of events: when none has come for `quiet`, at most `longest` after the first.

    The job has the payload of the burst's `last` event, or of its `first`.
    """

    quiet: Duration
    longest: Duration | None = None
    keep: str = "last"


@dataclass(frozen=True, slots=True)
class Throttle:
    """At most `most` jobs (1 to 1,000) in any `per`; further events wait (`delay`) or make none (`drop`)."""

    most: int
    per: Duration = "1m"
    extra: str = "delay"


@dataclass(frozen=True, slots=True)
class Gather:
    """One job for up to `most` events (1 to 1,000), at the latest `within` after the first of them.

    Its payload is an object with the list of theirs in `field`.
    """

    most: int
    within: Duration = "10s"
    field: str = "items"


Window: TypeAlias = Debounce | Throttle | Gather
KINDS: Final[Mapping[str, type[Window]]] = MappingProxyType(
    {"debounce": Debounce, "throttle": Throttle, "gather": Gather}
)


class Held(NamedTuple):
    """An event that waits. `at` is when it came, `size` that of its payload in bytes."""

    id: int
    at: int
    size: int = 0


class Memory(NamedTuple):
    """What a window remembers beside the events it holds.

    `first_at` and `last_at`: of the open burst. `fires`: when the newest jobs were made.
    """

    first_at: int | None = None
    last_at: int | None = None
    fires: tuple[int, ...] = ()


class Verdict(NamedTuple):
    """What becomes of held events.

    `jobs`: the events of each job to make. `coalesced` are one with another event, `dropped` make no job; all
    others stay. `due_at`: when to look again, None where only a further event changes anything.
    """

    jobs: tuple[tuple[int, ...], ...]
    memory: Memory
    due_at: int | None
    coalesced: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()


def judge(window: Window, held: Sequence[Held], memory: Memory, now: int) -> Verdict:
    """Return what becomes of the events held, the oldest first, at this moment."""
    if isinstance(window, Debounce):
        return _debounced(window, held, memory, now)
    if isinstance(window, Throttle):
        return _throttled(window, held, memory, now)
    return _gathered(window, held, now)


def _debounced(window: Debounce, held: Sequence[Held], memory: Memory, now: int) -> Verdict:
    quiet = micros(window.quiet)
    longest = None if window.longest is None else micros(window.longest)
    jobs: list[tuple[int, ...]] = []
    coalesced: list[int] = []
    kept: int | None = None
    first_at, last_at = memory.first_at, memory.last_at
    for event in held:
        ends_at = _burst_end(first_at, last_at, quiet, longest)
        if kept is not None and ends_at is not None and event.at >= ends_at:
            jobs.append((kept,))
            kept = first_at = None
        if kept is None:
            # Of a burst that was looked at before, its first event is the one that was kept.
            kept = event.id
            first_at = event.at if first_at is None else first_at
            last_at = event.at if last_at is None or first_at == event.at else max(last_at, event.at)
            continue
        coalesced.append(kept if window.keep == "last" else event.id)
        kept = event.id if window.keep == "last" else kept
        last_at = event.at
    due_at = None if kept is None else _burst_end(first_at, last_at, quiet, longest)
    if kept is None:
        return Verdict(tuple(jobs), Memory(), None, tuple(coalesced))
    if due_at is not None and due_at <= now:
        return Verdict((*jobs, (kept,)), Memory(), None, tuple(coalesced))
    return Verdict(tuple(jobs), Memory(first_at, last_at), due_at, tuple(coalesced))


def _burst_end(first_at: int | None, last_at: int | None, quiet: int, longest: int | None) -> int | None:
    if first_at is None or last_at is None:
        return None
    return last_at + quiet if longest is None else min(last_at + quiet, first_at + longest)


def _throttled(window: Throttle, held: Sequence[Held], memory: Memory, now: int) -> Verdict:
    per = micros(window.per)
    fires = [at for at in memory.fires if at > now - per]
    free = max(0, window.most - len(fires))
    passed, rest = held[:free], held[free:]
    fires += [now] * len(passed)
    jobs = tuple((event.id,) for event in passed)
    if window.extra == "drop":
        return Verdict(jobs, Memory(fires=tuple(fires)), None, dropped=tuple(event.id for event in rest))
    due_at = fires[-window.most] + per if rest else None
    return Verdict(jobs, Memory(fires=tuple(fires)), due_at)


def _gathered(window: Gather, held: Sequence[Held], now: int) -> Verdict:
    within = micros(window.within)
    groups: list[list[Held]] = []
    size = 0
    for event in held:
        is_full = groups and (len(groups[-1]) >= window.most or size + event.size > LARGEST_GATHERED)
        is_late = groups and event.at >= groups[-1][0].at + within
        if not groups or is_full or is_late:
            groups.append([])
            size = 0
        groups[-1].append(event)
        size += event.size
    due_at = None
    if groups and len(groups[-1]) < window.most and groups[-1][0].at + within > now:
        due_at = groups.pop()[0].at + within
    return Verdict(tuple(tuple(event.id for event in group) for group in groups), Memory(), due_at)


def outlook(window: Window, held: Sequence[Held], memory: Memory, now: int) -> list[int | None]:
    """Return when each event held gets its job if no further one comes; None for one that makes none."""
    verdict = judge(window, held, memory, now)
    at_once = {each for group in verdict.jobs for each in group}
    if not isinstance(window, Throttle):
        rest = now if verdict.due_at is None else verdict.due_at
        return [now if event.id in at_once else rest for event in held]
    per = micros(window.per)
    fires = list(verdict.memory.fires)
    found: list[int | None] = []
    for event in held:
        if event.id in at_once:
            found.append(now)
        elif window.extra == "drop":
            found.append(None)
        else:
            fires.append(fires[-window.most] + per)
            found.append(fires[-1])
    return found


def window_of(given: object) -> Window | None:
    """Return the window that was given, or that a mapping of one kind to its fields says.

    Raises InvalidInput that lists every fault.
    """
    if given is None:
        return None
    window = given if isinstance(given, Debounce | Throttle | Gather) else _read(given)
    faults = list(_faults(window))
    if faults:
        raise InvalidInput("the window was refused:\n" + "\n".join(f"  - {fault}" for fault in faults))
    return window


def window_shape(window: Window) -> dict[str, Any]:
    """Return the window as JSON values: durations in seconds."""
    [kind] = [name for name, made in KINDS.items() if isinstance(window, made)]
    found = {each.name: getattr(window, each.name) for each in fields(window)}
    for name in ("quiet", "longest", "per", "within"):
        if found.get(name) is not None:
            found[name] = micros(found[name]) / MICROS
    return {kind: {name: value for name, value in found.items() if value is not None}}


def _read(given: object) -> Window:
    kind, said = (None, None)
    if isinstance(given, Mapping) and len(given) == 1:
        [(kind, said)] = given.items()
    if kind not in KINDS or not isinstance(said, Mapping):
        raise InvalidInput(
            f"window {given!r}: give one of {', '.join(KINDS)} with its fields, like"
            " {'debounce': {'quiet': '10s'}}"
        )
    made = KINDS[cast("str", kind)]
    known = {each.name for each in fields(made)}
    unknown = sorted(set(said) - known)
    if unknown:
        raise InvalidInput(
            f"{kind} has unknown fields {', '.join(unknown)}; known are {', '.join(sorted(known))}"
        )
    try:
        return made(**said)
    except TypeError as error:
        lacking = "quiet" if made is Debounce else "most"
        raise InvalidInput(f"{kind} needs {lacking!r}") from error


def _faults(window: Window) -> Iterator[str]:
    if isinstance(window, Debounce):
        yield from _time_faults("quiet", window.quiet)
        if window.longest is not None:
            yield from _time_faults("longest", window.longest)
        if window.keep not in {"last", "first"}:
            yield f"keep {window.keep!r}: use 'last' or 'first'"
    elif isinstance(window, Throttle):
        yield from _number_faults(window.most, MOST_A_PERIOD)
        yield from _time_faults("per", window.per)
        if window.extra not in {"delay", "drop"}:
            yield f"extra {window.extra!r}: use 'delay' or 'drop'"
    else:
        yield from _number_faults(window.most, MOST_GATHERED)
        yield from _time_faults("within", window.within)
        if not isinstance(cast("object", window.field), str) or not window.field.isidentifier():
            yield f"field {window.field!r}: give the name of the payload's field that gets the list"


def _number_faults(value: object, most: int) -> Iterator[str]:
    if type(value) is not int or not 1 <= value <= most:
        yield f"most {value!r}: use a whole number from 1 to {most:,}"


def _time_faults(what: str, value: Duration) -> Iterator[str]:
    try:
        if micros(value, what=what) == 0:
            yield f"{what} 0: give a longer time"
    except InvalidInput as error:
        yield str(error)
