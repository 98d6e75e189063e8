"""A job on its way into a process, as its worker sees it."""

from __future__ import annotations

import asyncio

from beltline.core.job import ClaimedJob
from beltline.core.outcome import Outcome
from beltline.definitions.port import ContextPort
from beltline.executors.process.box import LARGEST
from beltline.executors.process.messages import job_frame


class Visit:
    """One run; `number` tells it from every other of its worker. Its result may have `most_bytes`.

    It `may_wait` in a box where it is small, and nothing about it has to be seen to when it begins.
    """

    def __init__(
        self, number: int, job: ClaimedJob, port: ContextPort, *, most_bytes: int, is_limited: bool
    ) -> None:
        loop = asyncio.get_running_loop()
        self.number = number
        self.port = port
        self.alone = job.crashes > 0
        self.frame = job_frame(job, most_bytes=most_bytes, number=number).encoded()
        self.is_small = len(self.frame) <= LARGEST
        self.may_wait = self.is_small and not self.alone and not is_limited
        # Its outcome, whatever becomes of the process.
        self.ended: asyncio.Future[Outcome] = loop.create_future()
        # Whether it has begun, out of the box of a process; else it has a place, and needs a process.
        self.called: asyncio.Future[bool] = loop.create_future()
        # It was asked to stop before its worker knew that it has begun.
        self.must_stop = False
        # Another run went on in its place.
        self.is_followed = False

    def call(self, *, has_begun: bool) -> bool:
        """Let it go on; return whether it still waited for that."""
        if self.called.done():
            return False
        self.called.set_result(has_begun)
        return True
