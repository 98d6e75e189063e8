"""The options of a job definition, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypedDict

from beltline.core.batch import Children
from beltline.core.durations import Duration, micros
from beltline.core.errors import InvalidInput
from beltline.core.needs import Amount, resource_faults, tag_faults
from beltline.core.order import HIGHEST_PRIORITY, LOWEST_PRIORITY
from beltline.core.replay import Replay
from beltline.core.retry import Retry
from beltline.core.sizes import Size, memory_bytes
from beltline.definitions.schedule import Schedule
from beltline.definitions.trigger_rule import Rule

MOST_CRASHES: Final = 100
MOST_LABELS: Final = 32

_MODES: Final = ("async", "thread", "process")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_NAME_WORDS: Final = "use 1 to 128 letters, digits and . _ : -, beginning with a letter or digit"
_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}")
_VALUE: Final = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{0,256}")
_TEXT: Final = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]{0,2048}")


class DefinitionOptions(TypedDict, total=False):
    """What `@belt.job` takes. `timeout` limits each attempt; `deadline` and `expires` count from submit.

    `mode` says where the body runs: without it, a coroutine function on the event loop and a plain function
    in a thread; "process" gives it a process of its own while it runs, on any core, which can be killed.
    `memory` limits what such a body may allocate. `replay` says which dead letters go back to work by
    themselves. `children` says what the job makes of children that fail. `resources` and `tags` say what a
    worker must have to run the job; a `pinned` job runs only where this version of its code is, others
    wherever its definition is. `schedule` makes jobs of it at set times: a Schedule or a cron line;
    `Beltline.schedule` says more. `trigger` makes jobs of it for outside events, as `Beltline.trigger` does.
    """

    name: str
    version: str
    queue: str
    retry: Retry
    replay: Replay | None
    timeout: Duration | None
    deadline: Duration | None
    expires: Duration | None
    priority: int
    owner: str
    runbook: str
    labels: Mapping[str, str]
    max_crashes: int
    dedupe: Literal["content"] | None
    mode: Literal["async", "thread", "process"]
    memory: Size | None
    resources: Mapping[str, Amount]
    tags: Collection[str]
    pinned: bool
    schedule: str | timedelta | datetime | Schedule | Mapping[str, Any]
    trigger: Rule
    children: Children


def option_faults(options: Mapping[str, Any]) -> list[str]:
    """Return every fault of the options, each with what to do."""
    known = DefinitionOptions.__annotations__
    unknown = [
        f"option {name!r} is unknown; known are {', '.join(sorted(known))}"
        for name in options
        if name not in known
    ]
    return [
        *unknown,
        *_name_faults(options),
        *_policy_faults(options),
        *_needs_faults(options),
        *_text_faults(options),
    ]


def _name_faults(options: Mapping[str, Any]) -> Iterator[str]:
    for option in ("name", "version", "queue"):
        given = options.get(option)
        if option in options and not (isinstance(given, str) and _NAME.fullmatch(given)):
            yield f"{option} {given!r}: {_NAME_WORDS}"


def _policy_faults(options: Mapping[str, Any]) -> Iterator[str]:
    retry = options.get("retry", Retry())
    if not isinstance(retry, Retry):
        yield f"retry {retry!r}: give a Retry, for instance Retry(max_attempts=5)"
    if not isinstance(options.get("replay"), Replay | None):
        yield f"replay {options['replay']!r}: give a Replay, for instance Replay(on=(ConnectionError,))"
    for option in ("timeout", "deadline", "expires"):
        yield from _duration_faults(option, options.get(option))
    yield from _whole_number_faults("priority", options.get("priority", 0), LOWEST_PRIORITY, HIGHEST_PRIORITY)
    yield from _whole_number_faults("max_crashes", options.get("max_crashes", 1), 1, MOST_CRASHES)
    if options.get("dedupe") not in (None, "content"):
        yield f"dedupe {options['dedupe']!r}: use 'content' or None"
    if not isinstance(options.get("children", Children()), Children):
        yield f"children {options['children']!r}: give Children, for instance Children(tolerate=0.05)"
    yield from _place_faults(options)


def _needs_faults(options: Mapping[str, Any]) -> Iterator[str]:
    yield from resource_faults(options.get("resources"))
    yield from tag_faults(options.get("tags"))
    if not isinstance(options.get("pinned", False), bool):
        yield f"pinned {options['pinned']!r}: use True or False"


def _place_faults(options: Mapping[str, Any]) -> Iterator[str]:
    mode, memory = options.get("mode", "process"), options.get("memory")
    if mode not in _MODES:
        yield f"mode {mode!r}: use {', '.join(map(repr, _MODES))}, or leave it away"
    if memory is None:
        return
    try:
        memory_bytes(memory)
    except InvalidInput as error:
        yield str(error)
    if options.get("mode") != "process":
        yield "memory can be limited only for a body in a process of its own; add mode='process'"


def _duration_faults(option: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - whatever was given
    if value is None:
        return
    try:
        if micros(value, what=option) == 0:
            yield f"{option} 0: give a longer time, or None for no limit"
    except InvalidInput as error:
        yield str(error)


def _whole_number_faults(option: str, value: object, least: int, most: int) -> Iterator[str]:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        yield f"{option} {value!r}: use a whole number from {least:,} to {most:,}"


def _text_faults(options: Mapping[str, Any]) -> Iterator[str]:
    for option in ("owner", "runbook"):
        text = options.get(option, "")
        if not isinstance(text, str) or not _TEXT.fullmatch(text):
            yield f"{option} {text!r}: use a text of at most 2,048 printable characters"
    labels = options.get("labels", {})
    if not isinstance(labels, Mapping):
        yield f"labels {labels!r}: give a mapping of names to texts"
        return
    if len(labels) > MOST_LABELS:
        yield f"labels: {len(labels)} are given, at most {MOST_LABELS} are kept"
    for name, value in labels.items():
        if not isinstance(name, str) or not _LABEL.fullmatch(name):
            yield f"label name {name!r}: use 1 to 128 letters, digits and . _ : / @ -"
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            yield f"label {name!r}: its value must be a text of at most 256 printable characters"
