"""Prerequisites of a body, as a program names them: the other direction of `wire.prerequisites`."""

from __future__ import annotations

from collections.abc import Sequence

from beltline.definitions.after import After, AnyOf, Prerequisite as Named
from beltline.wire.requests import AfterAny, AfterJob, Prerequisite


def after_of(given: Sequence[Prerequisite]) -> tuple[Named, ...]:
    """Return the prerequisites of a body as a program names them."""
    return tuple(
        AnyOf(tuple(map(_one, each.any_of))) if isinstance(each, AfterAny) else _one(each) for each in given
    )


def _one(each: str | AfterJob) -> str | After:
    if isinstance(each, str):
        return each
    return After(each.job, when=each.when, otherwise=each.otherwise)
