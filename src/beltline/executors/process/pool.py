"""The processes that wait for their next body, and when one has had enough of them."""

from __future__ import annotations

from beltline.config import WorkerConfig
from beltline.core.clock import MICROS, Clock
from beltline.executors.process.maker import Maker
from beltline.executors.process.member import Member


class Pool:
    """Hands out processes, each to one body at a time, the one that was last busy first."""

    def __init__(self, maker: Maker, config: WorkerConfig, clock: Clock) -> None:
        self._maker = maker
        self._config = config
        self._clock = clock
        self._idle: list[Member] = []

    async def take(self, *, alone: bool) -> Member:
        """Return a process; with `alone` one in which nothing ran before. Raises NoProcess."""
        while self._idle and not alone:
            member = self._idle.pop()
            if not member.is_gone and not self._is_worn(member):
                return member
            self._retire(member)
        return await self._maker.make()

    def give_back(self, member: Member, *, alone: bool) -> None:
        """Take a process back; with `alone` nothing runs in it after."""
        if member.is_gone or member.is_busy:
            return
        if alone or member.is_spoiled or self._is_worn(member):
            self._retire(member)
        else:
            self._idle.append(member)

    def _is_worn(self, member: Member) -> bool:
        config = self._config
        return (
            member.bodies >= config.body_process_jobs
            or member.held > config.body_process_memory
            or self._clock.monotonic() - member.made_at >= config.body_process_age_us
        )

    def _retire(self, member: Member) -> None:
        if not member.is_gone:
            member.retire(self._config.grace_us / MICROS)
