"""Carries log lines and progress of running jobs to the store, in batches."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Final, TypeAlias

from beltline.core.errors import ObjectsError, StoreError
from beltline.core.values import MIB
from beltline.definitions.context_log import MESSAGE_LIMIT, cut
from beltline.engine.objects import WHOLE_MESSAGE, NewArtifact, kept_line
from beltline.runtime.run import Run
from beltline.store.contract import Store
from beltline.store.log_limit import DEFAULT_LIMIT, LogLimit
from beltline.store.log_lines import NewLogLine
from beltline.store.params import Progress

FLUSH_S: Final = 0.25
MOST_LINES: Final = 20_000
# Of one run; what is longer goes on as beginnings.
MOST_WHOLE: Final = 16 * MIB
_PATIENCE_S: Final = 2.0
# A line, and its whole message where it is only the beginning.
_Line: TypeAlias = tuple[NewLogLine, bytes | None]


class Reporter:
    """Gathers lines for a quarter of a second.

    Where the store is away the oldest lines are dropped beyond MOST_LINES; their numbers stay free.
    """

    def __init__(
        self,
        store: Store,
        namespace: str,
        *,
        now: Callable[[], int],
        stow: Callable[[Run, NewArtifact], None],
        keep: LogLimit = DEFAULT_LIMIT,
        flush_s: float = FLUSH_S,
    ) -> None:
        self._stow = stow
        self._store = store
        self._namespace = namespace
        self._now = now
        self._keep = keep
        self._flush_s = flush_s
        self._loop = asyncio.get_running_loop()
        self._lines: deque[_Line] = deque()
        # By job: how many lines were dropped before the oldest that is gathered. Bodies in threads log too.
        self._dropped: dict[str, int] = {}
        self._dropping = threading.Lock()
        self._progress: dict[str, Progress] = {}
        self._due = False
        self._timer: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._closed = False

    def log(self, run: Run, level: str, message: str, fields: str) -> None:
        """Keep a line; safe from any thread."""
        whole = None
        if WHOLE_MESSAGE in fields:
            fields = fields.replace(f'"{WHOLE_MESSAGE}"', f'"{WHOLE_MESSAGE}_"')  # a word of ours
        if len(message) > MESSAGE_LIMIT or (not message.isascii() and len(message.encode()) > MESSAGE_LIMIT):
            whole, message = message.encode(), cut(message, MESSAGE_LIMIT)
            run.whole_messages += len(whole)
            if self._store.objects is None or run.whole_messages > MOST_WHOLE:
                whole = None
        line = NewLogLine(run.job.id, run.job.run, self._now(), level, message, fields)
        self._lines.append((line, whole))
        if len(self._lines) > MOST_LINES:
            self._drop_oldest()
        self._call()

    def progress(self, run: Run, fraction: float, note: str) -> None:
        """Keep the newest progress of the run; safe from any thread."""
        self._progress[run.job.id] = Progress(run.job.id, run.job.fence, fraction, note)
        self._call()

    def artifact(self, run: Run, name: str, kind: str, data: bytes) -> None:
        """Keep a file of the run; safe from any thread. Raises Unsupported and PayloadTooLarge."""
        self._stow(run, NewArtifact(run.job.id, run.job.run, name, kind, data))

    async def flush(self) -> None:
        """Write what is gathered. Raises StoreError; what was not written is kept then."""
        lines = self._gathered()
        reports, self._progress = self._progress, {}
        try:
            if lines:
                await self._put_away(lines)
                await self._store.logs.append(self._namespace, [line for line, _ in lines], keep=self._keep)
                lines = []
            if reports:
                await self._store.jobs.progress(self._namespace, list(reports.values()))
        except (StoreError, asyncio.CancelledError):
            self._put_back(lines, reports)
            raise

    async def close(self) -> None:
        """Write what is left; what comes later is dropped. Raises StoreError."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._flushing is not None:
            await asyncio.wait([self._flushing])
        await self.flush()

    async def _put_away(self, lines: list[_Line]) -> None:
        """Put whole messages away; where that cannot be done now, their beginnings are what is kept."""
        is_away = False
        for index, (line, whole) in enumerate(lines):
            if whole is not None and not is_away:
                try:
                    async with asyncio.timeout(_PATIENCE_S):
                        line = await kept_line(self._store, self._namespace, line, whole)  # noqa: PLW2901
                except (ObjectsError, TimeoutError) as error:
                    is_away = True
                    logging.getLogger("beltline").warning("a long log line of %s: %s", line.job_id, error)
            lines[index] = line, None

    def _gathered(self) -> list[_Line]:
        with self._dropping:
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            dropped, self._dropped = self._dropped, {}
        for index, (line, whole) in enumerate(lines):
            if not dropped:
                break
            if skipped := dropped.pop(line.job_id, 0):
                lines[index] = line._replace(skipped=line.skipped + skipped), whole
        return lines

    def _drop_oldest(self) -> None:
        with self._dropping:
            while len(self._lines) > MOST_LINES:
                line, _ = self._lines.popleft()
                self._dropped[line.job_id] = self._dropped.get(line.job_id, 0) + 1 + line.skipped

    def _put_back(self, lines: list[_Line], reports: dict[str, Progress]) -> None:
        self._lines.extendleft(reversed(lines))
        self._drop_oldest()
        for job_id, report in reports.items():
            self._progress.setdefault(job_id, report)

    def _call(self) -> None:
        if not self._due and not self._closed:
            self._due = True
            self._loop.call_soon_threadsafe(self._soon)

    def _soon(self) -> None:
        if not self._closed:
            self._timer = self._loop.call_later(self._flush_s, self._start)

    def _start(self) -> None:
        self._due = False
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        try:
            await self.flush()
        except StoreError:
            self._call()
        except Exception:
            logging.getLogger("beltline").exception("log lines and progress could not be written")
        finally:
            self._flushing = None
