"""Prerequisites of a program, as the body of a request holds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from beltline.definitions.after import After, AnyOf, JobName, Prerequisite


def after_body(given: Sequence[Prerequisite]) -> list[Any]:
    """Return the prerequisites of a program as a body holds them."""
    return [
        {"any_of": list(map(_body, each.alternatives))} if isinstance(each, AnyOf) else _body(each)
        for each in given
    ]


def _body(each: JobName | After) -> Any:  # noqa: ANN401 - any JSON value
    if not isinstance(each, After):
        return each if isinstance(each, str) else each.id
    when = each.when if isinstance(each.when, str) else list(each.when)
    job = each.job if isinstance(each.job, str) else each.job.id
    return {"job": job, "when": when, "otherwise": each.otherwise}
