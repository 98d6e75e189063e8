"""The contract of replay runs: dead letters that go back to work at a pace, carried on by any worker.

It is a part of `contract`, and what is said there holds here. A run is a row, so that it outlives whoever
began it; each step that it takes is one transaction, guarded by what the row said before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from beltline.store.params import AuditEntry


class RunState(StrEnum):
    """How far a run is.

    `running`: letters are left to replay. `watching`: none is, but replayed jobs have not ended. `done`: all
    have, or nobody asked. `stopped`: an error came back. `cancelled`: by a person.
    """

    RUNNING = "running"
    WATCHING = "watching"
    DONE = "done"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


OPEN: Final = frozenset({RunState.RUNNING, RunState.WATCHING})


class MarkOutcome(StrEnum):
    """How a replayed job ended: well, with the error that it had, or in another way."""

    SUCCEEDED = "succeeded"
    CAME_BACK = "came_back"
    ENDED_OTHERWISE = "ended_otherwise"


class NewRun(NamedTuple):
    """A run to begin. `policy` is empty where a person begins it; `rate` is empty for none."""

    id: str
    fingerprint: str | None
    definition: str | None
    queue: str | None
    labels: Mapping[str, str] | None
    rate: str
    stop_on_same_error: bool
    policy: str
    total: int
    next_at: int
    actor: str
    why: str
    created_at: int


class ReplayRun(NamedTuple):
    """A run as it stands. `total` is how many letters it meant when it began, 0 for a policy's.

    `succeeded`, `came_back` and `ended_otherwise` count what became of replayed jobs, where it is watched.
    `ended_by` says why it ended early.
    """

    id: str
    state: RunState
    fingerprint: str | None
    definition: str | None
    queue: str | None
    labels: Mapping[str, str] | None
    rate: str
    stop_on_same_error: bool
    policy: str
    total: int
    replayed: int
    succeeded: int
    came_back: int
    ended_otherwise: int
    next_at: int
    actor: str
    why: str
    created_at: int
    ended_at: int | None
    ended_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRun:
    """Begin a run.

    Of a policy's id there is one run: where its policy is another now, it begins anew; else nothing is done.
    """

    namespace: str
    run: NewRun
    now: int
    audit: Sequence[AuditEntry] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceRun:
    """Replay these letters for a run that is running and whose next moment is still `next_at`."""

    namespace: str
    run_id: str
    next_at: int
    then_at: int
    ids: Sequence[str]
    now: int


class News(NamedTuple):
    """What became of a replayed job. `fingerprint` is the one it had, `now` that of its last error since.

    `state` is None where the job is gone.
    """

    job_id: str
    fingerprint: str
    state: str | None
    now: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRun:
    """Write what became of replayed jobs, and move a run from one state to another (or the same)."""

    namespace: str
    run_id: str
    from_state: RunState
    state: RunState
    outcomes: Sequence[tuple[str, MarkOutcome]] = ()
    ended_by: str = ""
    now: int
    audit: Sequence[AuditEntry] = ()


class ReplayStore(Protocol):
    """Replay runs."""

    async def start(self, params: StartRun) -> bool:
        """Begin a run; False where nothing was to be done."""
        ...

    async def get(self, namespace: str, run_id: str) -> ReplayRun | None:
        """Return a run."""
        ...

    async def page(
        self, namespace: str, *, ended: bool = False, before: str | None = None, limit: int = 50
    ) -> list[ReplayRun]:
        """Return the runs that are open, with `ended` all of them, newest first by id; `before` is an id."""
        ...

    async def advance(self, params: AdvanceRun) -> list[str] | None:
        """Replay as `jobs.replay` does, mark and count what moved; hint `queued`.

        None where the run has moved on: another worker did it.
        """
        ...

    async def news(self, namespace: str, run_id: str, limit: int) -> list[News]:
        """Return the replayed jobs without an outcome that ended, or failed, since the run replayed them."""
        ...

    async def watched(self, namespace: str, run_id: str) -> bool:
        """Say whether a replayed job has no outcome yet."""
        ...

    async def note(self, params: NoteRun) -> bool:
        """Write it; False where the run is not in `from_state` any more: then nothing was written."""
        ...
