"""Submit options as a text, on their way from a body in another process to its worker."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from beltline.core.codec import dump_json
from beltline.core.job_retry import plain_retry
from beltline.definitions.after import After, AnyOf, Prerequisite
from beltline.definitions.children import Brood
from beltline.engine.submit import JobOptions


def options_text(options: JobOptions) -> str:
    """Return what these options set, as JSON; of the parent only whether there is one."""
    set_ = {each.name: getattr(options, each.name) for each in fields(options)}
    found = {
        name: _plain(value)
        for name, value in set_.items()
        if name not in {"after", "parent", "retry"} and value is not None
    }
    if options.retry is not None:
        found["retry"] = plain_retry(options.retry)
    if options.after:
        found["after"] = [_told(each) for each in options.after]
    if options.parent is not None:
        found["parent"] = True
    return dump_json(found).decode()


def options_of(text: str, brood: Brood) -> JobOptions:
    """Return the options that `options_text` told; the parent is that of this brood."""
    found: dict[str, Any] = json.loads(text)
    found["after"] = tuple(_heard(each) for each in found.pop("after", ()))
    found["parent"] = brood if found.pop("parent", False) else None
    return JobOptions(**found)


def _plain(value: object) -> object:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    return sorted(value) if isinstance(value, set | frozenset) else value


def _told(given: Prerequisite) -> dict[str, Any]:
    if isinstance(given, AnyOf):
        return {"any": [_told(each) for each in given.alternatives]}
    after = given if isinstance(given, After) else After(given)
    when = after.when if isinstance(after.when, str) else list(after.when)
    return {
        "job": after.job if isinstance(after.job, str) else after.job.id,
        "when": when,
        "otherwise": after.otherwise,
    }


def _heard(given: Mapping[str, Any]) -> Prerequisite:
    if "any" in given:
        return AnyOf(tuple(After(**each) for each in given["any"]))
    return After(**given)
