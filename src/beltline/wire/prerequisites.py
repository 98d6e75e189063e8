"""Prerequisites between a body and a program: the two directions of one form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from beltline.definitions.after import After, AnyOf, JobName, Prerequisite as Named
from beltline.wire.requests import AfterAny, AfterJob, Prerequisite


def after_of(given: Sequence[Prerequisite]) -> tuple[Named, ...]:
    """Return the prerequisites of a body as a program names them."""
    return tuple(
        AnyOf(tuple(map(_one, each.any_of))) if isinstance(each, AfterAny) else _one(each) for each in given
    )


def after_body(given: Sequence[Named]) -> list[Any]:
    """Return the prerequisites of a program as a body holds them."""
    return [
        {"any_of": list(map(_body, each.alternatives))} if isinstance(each, AnyOf) else _body(each)
        for each in given
    ]


def _one(each: str | AfterJob) -> str | After:
    if isinstance(each, str):
        return each
    return After(each.job, when=each.when, otherwise=each.otherwise)


def _body(each: JobName | After) -> Any:  # noqa: ANN401 - any JSON value
    if not isinstance(each, After):
        return each if isinstance(each, str) else each.id
    when = each.when if isinstance(each.when, str) else list(each.when)
    job = each.job if isinstance(each.job, str) else each.job.id
    return {"job": job, "when": when, "otherwise": each.otherwise}
