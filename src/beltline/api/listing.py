"""Lists of jobs: the filters, and the pages."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict

from beltline.api.operation import Call, Query
from beltline.core.durations import moment
from beltline.core.states import JobState
from beltline.store.pages import JobFilter, JobPage, ListJobs, Sort
from beltline.wire.bodies import JobBody
from beltline.wire.requests import LARGEST_PAGE, MomentText, Name, Text, Where
from beltline.wire.shapes import job_shape

Limit: TypeAlias = Annotated[int, Field(ge=1, le=LARGEST_PAGE, description="At most so many.")]
Cursor: TypeAlias = Annotated[str, Field(max_length=160, description="The `next` of the page before.")]
LabelText: TypeAlias = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}=[^\x00-\x1f\x7f]{0,256}$", examples=["customer=42"]),
]
Fingerprint: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{1,64}$")]


class JobList(TypedDict):
    """A page of jobs, the last first. `total` stops counting at 10,000."""

    items: list[JobBody]
    next: str | None
    total: int


class JobsQuery(Query):
    """Which jobs, and how many."""

    state: list[JobState] = Field([], max_length=len(JobState), description="In this state; repeatable.")
    definition: Name | None = None
    queue: Name | None = None
    label: list[LabelText] = Field([], max_length=32, description="With this label; repeatable.")
    owner: Text | None = None
    since: MomentText | None = Field(None, description="Created then or later.")
    until: MomentText | None = Field(None, description="Created before then.")
    error: Fingerprint | None = Field(None, description="Whose error has this fingerprint.")
    sort: Sort = Field(
        Sort.ID,
        description="The last first. By id is by creation but for ids that clients chose; by finish lists"
        " final jobs only.",
    )
    limit: Limit = 50
    cursor: Cursor | None = None


def filter_of_query(query: JobsQuery, *, discarded: bool = False) -> JobFilter:
    """Return the filter that a query describes."""
    labels = dict(label.partition("=")[::2] for label in query.label)
    return _filter(query, frozenset(query.state), labels, discarded=discarded)


def filter_of(where: Where) -> JobFilter:
    """Return the filter that a body describes."""
    return _filter(where, frozenset(where.state), where.label, discarded=False)


async def page_of(call: Call[JobsQuery, None], where: JobFilter) -> JobPage:
    """Return the page that a query asks for."""
    query = call.query
    params = ListJobs(
        namespace=call.namespace,
        where=where,
        before=query.cursor,
        limit=query.limit,
        sort=query.sort,
    )
    return await call.desk.store.reads.page(params)


def shown(page: JobPage) -> JobList:
    """Return a page as it is answered: without payloads and results."""
    items = [job_shape(job, with_values=False) for job in page.items]
    return {"items": items, "next": page.next, "total": page.total}


def _filter(
    where: JobsQuery | Where, states: frozenset[JobState], labels: dict[str, str], *, discarded: bool
) -> JobFilter:
    return JobFilter(
        states=states,
        definition=where.definition,
        queue=where.queue,
        labels=labels or None,
        owner=where.owner,
        since=None if where.since is None else moment(where.since, what="since"),
        until=None if where.until is None else moment(where.until, what="until"),
        fingerprint=where.error,
        discarded=discarded,
    )
