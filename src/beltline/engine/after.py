"""Prerequisites as a submit names them: from jobs, conditions and policies to edges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from beltline.core.errors import InvalidInput
from beltline.core.prerequisites import CONDITIONS, Edge, Otherwise, Unknown
from beltline.definitions.after import After, AnyOf, JobName, Prerequisite, When
from beltline.store.edges import Waits

MOST_EDGES: Final = 10_000
_LONGEST_ID: Final = 128


def waits_of(
    job_ids: Sequence[str],
    after: Sequence[Prerequisite],
    *,
    delay_us: int = 0,
    unknown: str = Unknown.WAIT.value,
) -> Waits:
    """Return what jobs wait for; the prerequisites have no faults."""
    edges = [
        Edge(job_id, part, _id_of(each.job), _condition(each.when), each.otherwise, delay_us)
        for job_id in job_ids
        for part, alternatives in enumerate(_parts(after))
        for each in alternatives
    ]
    return Waits(edges=edges, unknown=dict.fromkeys(job_ids, Unknown(unknown)))


def together(all_waits: Iterable[Waits]) -> Waits:
    """Return in one what several jobs wait for."""
    found = list(all_waits)
    return Waits(
        edges=[edge for waits in found for edge in waits.edges],
        unknown={job_id: policy for waits in found for job_id, policy in waits.unknown.items()},
    )


def after_faults(after: object, unknown: object) -> Iterator[tuple[str, str]]:
    """Yield the path and the words of every fault of what a submit says of prerequisites."""
    if unknown not in set(Unknown):
        yield "unknown", f"unknown {unknown!r}: use {_listed(Unknown)}"
    yield from (("after", what) for what in _list_faults(after))


def _list_faults(after: object) -> Iterator[str]:
    if isinstance(after, str) or not isinstance(after, Sequence):
        yield f"after {after!r}: give a list of jobs or job ids, for instance after=[job]"
        return
    found = [each for part in _parts(after) for each in part]
    if len(found) > MOST_EDGES:
        yield f"after: {len(found):,} prerequisites are given, at most {MOST_EDGES:,}; collect them in steps"
    if any(not part for part in _parts(after)):
        yield "after: any_of() without a job can never be met; name at least one"
    for each in found:
        yield from _faults(each)


def require_namespace(after: Sequence[Prerequisite], namespace: str) -> None:
    """Raise InvalidInput where a prerequisite is known to be a job of another namespace."""
    others = [
        f"job {_id_of(each.job)} is in namespace {theirs!r}"
        for part in _parts(after)
        for each in part
        if (theirs := getattr(each.job, "namespace", namespace)) != namespace
    ]
    if others:
        raise InvalidInput(
            f"jobs of namespace {namespace!r} wait only for jobs of their own: {'; '.join(others)}"
        )


def _faults(each: After) -> Iterator[str]:
    job_id = each.job if isinstance(each.job, str) else getattr(each.job, "id", None)
    if not isinstance(job_id, str) or not 0 < len(job_id) <= _LONGEST_ID:
        yield f"after {each.job!r}: give a job or its id"
        return
    names = [each.when] if isinstance(each.when, str) else list(each.when)
    if not names or any(name not in CONDITIONS for name in names):
        yield f"after {job_id}: when {each.when!r} is unknown; use {', '.join(CONDITIONS)}, or several"
    if each.otherwise not in set(Otherwise):
        yield f"after {job_id}: otherwise {each.otherwise!r} is unknown; use {_listed(Otherwise)}"


def _parts(after: Sequence[Prerequisite]) -> list[list[After]]:
    return [
        [_after(each) for each in (item.alternatives if isinstance(item, AnyOf) else (item,))]
        for item in after
    ]


def _after(item: JobName | After | AnyOf) -> After:
    return item if isinstance(item, After) else After(item)  # type: ignore[arg-type]


def _id_of(job: JobName) -> str:
    return job if isinstance(job, str) else job.id


def _condition(when: When) -> str:
    return when if isinstance(when, str) else ",".join(when)


def _listed(words: type[Otherwise | Unknown]) -> str:
    return ", ".join(repr(word.value) for word in words)
