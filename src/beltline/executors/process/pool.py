"""Places for bodies, the processes that fill them, and when one has had enough of them."""

from __future__ import annotations

import asyncio
from collections import deque

from beltline.config import WorkerConfig
from beltline.core.clock import MICROS, Clock
from beltline.executors.process.maker import Maker, NoProcess
from beltline.executors.process.member import Member
from beltline.executors.process.share import give_way
from beltline.executors.process.visit import Visit


class Pool:
    """Gives visits a place, the first that came first, and a process, the one that was last busy first.

    While all places are taken, each process has the next visit ready in its box, and goes on with it at once.
    A place that becomes free while nobody waits takes from the boxes of others: a short body does not wait
    behind a long one. Whatever happens to a process, a visit in its box has not begun, and waits again.
    """

    def __init__(self, maker: Maker, config: WorkerConfig, clock: Clock) -> None:
        self._maker = maker
        self._config = config
        self._clock = clock
        self._free = config.body_places
        self._waiting: deque[Visit] = deque()
        self._idle: list[Member] = []
        # Those with a place; what runs alone is not among them, as it has no room for others.
        self._used: list[Member] = []
        self._alone: list[Member] = []
        self._boxes: dict[Visit, Member] = {}
        self._is_closed = False

    async def enter(self, visit: Visit) -> Member:
        """Wait until it begins; return the process in which it does.

        Raises NoProcess where none can be made now. Where this is cancelled and the process has taken it from
        its box meanwhile, it has begun: it `must_stop`.
        """
        self._waiting.append(visit)
        self._deal()
        try:
            if await visit.called:
                return self._boxes.pop(visit)
        except asyncio.CancelledError:
            if (found := self._withdrawn(visit)) is None:
                raise
            visit.must_stop = True
            return found
        try:
            member = await self._take(alone=visit.alone)
        except BaseException:
            self._free += 1
            self._deal()
            raise
        (self._alone if visit.alone else self._used).append(member)
        member.begin(visit)
        self._deal()
        return member

    def leave(self, visit: Visit, member: Member) -> None:
        """A visit is over: its place goes on with who follows it in its process, or is free."""
        used = self._alone if visit.alone else self._used
        if not visit.is_followed and member in used:
            used.remove(member)
            self._free += 1
            self._give_back(member, alone=visit.alone)
        self._deal()

    def returned(self, visit: Visit) -> None:
        """Let a visit wait again, before all others, that lay in the box of a process which takes no more."""
        self._boxes.pop(visit, None)
        self._waiting.appendleft(visit)
        self._deal()

    async def close(self) -> None:
        """End every process, and make no more."""
        self._is_closed = True
        await self._maker.close()

    def _withdrawn(self, visit: Visit) -> Member | None:
        """Take a visit out of where it waits; return the process where it has begun all the same."""
        member = self._boxes.pop(visit, None)
        if visit in self._waiting:
            self._waiting.remove(visit)
        elif member is None and not visit.called.cancelled():
            # It was given a place in the same moment.
            self._free += 1
            self._deal()
        return None if member is None or member.take_back(visit) else member

    def _deal(self) -> None:
        while self._waiting and self._free:
            self._free -= self._waiting.popleft().call(has_begun=False)
        while self._waiting and self._boxed(self._waiting[0]):
            self._waiting.popleft()
        boxes = iter(self._used)
        while self._free and (member := next(boxes, None)) is not None:
            visit = member.take_back()
            if visit is not None:
                del self._boxes[visit]
                self._free -= visit.call(has_begun=False)

    def _boxed(self, visit: Visit) -> bool:
        if visit.called.done():
            return True
        for member in self._used if visit.may_wait else ():
            if not self._is_worn(member) and member.reserve(visit):
                self._boxes[visit] = member
                return True
        return False

    async def _take(self, *, alone: bool) -> Member:
        while self._idle and not alone:
            member = self._idle.pop()
            if not member.is_gone and not self._is_worn(member):
                return member
            self._retire(member)
        if self._is_closed:
            raise NoProcess("the worker ends")
        member = await self._maker.make(self.returned)
        if alone:
            give_way(member.pid)
        return member

    def _give_back(self, member: Member, *, alone: bool) -> None:
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
