"""Lines of jobs' logs, as they cross the store's border."""

from __future__ import annotations

from typing import Final, NamedTuple

LINE_BYTES: Final = 32


class LogLine(NamedTuple):
    """A line that a job wrote. `fields` is a JSON text or empty.

    `seq` orders the lines of one job and is the cursor.
    """

    seq: int
    run: int
    at: int
    level: str
    message: str
    fields: str


class NewLogLine(NamedTuple):
    """A log line to append to a job.

    Written whether or not the fence is still ours: a zombie's words help to explain it. `skipped` lines of
    the job were dropped before this one since the last that was appended: its `seq` leaves room for them.
    """

    job_id: str
    run: int
    at: int
    level: str
    message: str
    fields: str
    skipped: int = 0

    @property
    def size(self) -> int:
        """How many bytes of its job's log it takes: its texts and what every line costs."""
        return LINE_BYTES + len(self.message.encode()) + len(self.fields.encode())
