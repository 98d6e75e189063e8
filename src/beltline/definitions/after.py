"""Prerequisites as a program names them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from beltline.core.prerequisites import Otherwise


class HasId(Protocol):
    """A job known by its id, as a JobReference is."""

    @property
    def id(self) -> str:
        """The job's id."""
        ...


JobName: TypeAlias = "str | HasId"
When: TypeAlias = "str | Sequence[str]"


@dataclass(frozen=True, slots=True)
class After:
    """One prerequisite: a job, how it must end, and what becomes of the dependent where it ends otherwise.

    `when`: "succeeded", "failed" (timed out too), "cancelled", "finished" (however), or several of them.
    `otherwise`: "cancel" the dependent, "fail" it (a dead letter that names the prerequisite), or "run" it
    all the same.
    """

    job: JobName
    when: When = "succeeded"
    otherwise: str = Otherwise.CANCEL.value


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Alternatives: one that ends as it must is enough; only when none can any more is the condition lost."""

    alternatives: tuple[JobName | After, ...]


def any_of(*jobs: JobName | After) -> AnyOf:
    """Wait for any of these jobs."""
    return AnyOf(jobs)


Prerequisite: TypeAlias = "JobName | After | AnyOf"
