"""Pages of lists whose rows are few: what was asked for, and the cursor of the page after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import Field
from starlette.responses import Response

from beltline.api.answering import answer, listed
from beltline.api.listing import Limit
from beltline.api.operation import Query
from beltline.core.errors import InvalidInput

T = TypeVar("T")

Place: TypeAlias = Annotated[
    str,
    Field(max_length=512, pattern=r"^[^\x00-\x1f\x7f]*$", description="The `next` of the page before."),
]


class PageQuery(Query):
    """Which page."""

    limit: Limit = 50
    cursor: Place | None = None


def paged(
    rows: Sequence[T],
    limit: int,
    *,
    shape: Callable[[T], Any],
    cursor: Callable[[T], str],
    total: int,
) -> Response:
    """Answer a page: of `rows` there is one more than asked for where another page follows."""
    kept = rows[:limit]
    following = cursor(kept[-1]) if len(rows) > limit else None
    return answer(listed([shape(row) for row in kept], cursor=following, total=total))


def number_and_text(cursor: str | None) -> tuple[int, str] | None:
    """Return what a cursor of the form `number.text` holds. Raises InvalidInput."""
    if cursor is None:
        return None
    number, dot, text = cursor.partition(".")
    if not dot or not number.isascii() or not number.isdigit() or len(number) > 18:  # noqa: PLR2004 - of an int64
        raise InvalidInput("cursor: use the `next` of the page before, as it came")
    return int(number), text
