"""What was submitted beside what a test expects, as a person reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from pydantic_core import to_jsonable_python

from beltline.core.job import Job

MOST_SHOWN: Final = 10


class Expected(NamedTuple):
    """Jobs that a test expects. `times` None is one or more."""

    definition: str
    payload: Mapping[str, Any]
    queue: str | None
    times: int | None

    def text(self) -> str:
        """Return it as a phrase."""
        times = "at least one job" if self.times is None else f"{self.times} jobs"
        payload = f" with {_json(self.payload)}" if self.payload else ""
        return f"{times} of {self.definition!r}{payload}{f' in queue {self.queue!r}' if self.queue else ''}"


def matching(expected: Expected, jobs: Sequence[Job]) -> list[Job]:
    """Return the jobs that are as expected. Raises AssertionError with the differences where too few are."""
    __tracebackhide__ = True
    alike = [job for job in jobs if job.definition == expected.definition]
    faults = [(job, list(_faults(expected, job))) for job in alike]
    found = [job for job, wrong in faults if not wrong]
    if len(found) == expected.times or (found and expected.times is None):
        return found
    lines = [f"expected {expected.text()}; {len(found)} of {len(alike)} submitted are so"]
    for job, wrong in faults[:MOST_SHOWN]:
        verdict = "" if wrong else f" is so: {(job.payload or b'').decode()}"
        lines.append(f"  job {job.id} in queue {job.queue!r}, {job.state.value}:{verdict}")
        lines += [f"    {line}" for line in wrong]
    if len(faults) > MOST_SHOWN:
        lines.append(f"  … and {len(faults) - MOST_SHOWN} more")
    others = sorted({job.definition for job in jobs} - {expected.definition})
    if not alike and others:
        lines.append(f"  other definitions were submitted: {', '.join(others)}")
    raise AssertionError("\n".join(lines))


def _faults(expected: Expected, job: Job) -> Iterator[str]:
    if expected.queue is not None and job.queue != expected.queue:
        yield f"- queue: {_json(expected.queue)}"
        yield f"+ queue: {_json(job.queue)}"
    wanted = to_jsonable_python(dict(expected.payload))
    yield from _differences("payload", wanted, json.loads(job.payload or b"{}"))


def _differences(path: str, wanted: object, found: object) -> Iterator[str]:
    """Yield a pair of lines for each place that differs; names that only `found` has do not count."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name, value in cast("dict[str, object]", wanted).items():
            if name in found:
                yield from _differences(f"{path}.{name}", value, found[name])
            else:
                yield f"- {path}.{name}: {_json(value)}"
                yield f"+ {path}.{name} is missing"
    elif wanted != found or isinstance(wanted, bool) != isinstance(found, bool):
        yield f"- {path}: {_json(wanted)}"
        yield f"+ {path}: {_json(found)}"


def _json(value: object) -> str:
    return json.dumps(to_jsonable_python(value), ensure_ascii=False, sort_keys=True)
