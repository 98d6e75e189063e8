"""The kit: a Beltline on a store in memory, a clock that a test moves, nothing that runs by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from beltline.client.beltline import Beltline
from beltline.client.handle import JobHandle
from beltline.client.reference import JobReference
from beltline.config import DEFAULT_NAMESPACE
from beltline.core.durations import Duration, micros
from beltline.core.errors import NotOpen, ResultTimeout, Unsupported
from beltline.core.job import Job
from beltline.core.states import FINAL
from beltline.engine import triggers
from beltline.engine.definitions import apply_definitions
from beltline.engine.schedules import declare
from beltline.store.contract import Store
from beltline.store.open import store_from_url
from beltline.store.pages import JobFilter, ListJobs
from beltline.testing import crashes, expect
from beltline.testing.chance import CountingRandom
from beltline.testing.clock import StillClock
from beltline.testing.crank import Crank
from beltline.testing.watched import watched

R = TypeVar("R")

MOST_RUNS: Final = 10_000
_PAGE: Final = 1_000
_MEMORY: Final = "sqlite:///:memory:"


class Kit:
    """A Beltline under test: `async with Kit(belt) as kit`.

    Inside, `belt` and its job handles are open on an empty store in memory. Jobs run only when the test says
    so, one at a time, in the order in which a worker would take them; time is `kit.clock` and stands still.
    """

    def __init__(self, belt: Beltline, *, clock: StillClock | None = None, seed: int = 0) -> None:
        self.belt = belt
        self.clock = clock or StillClock()
        self._seed = seed
        self._opened: tuple[Store, Crank] | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        random = CountingRandom(self._seed)
        inner = store_from_url(_MEMORY, clock=self.clock)
        await inner.open()
        self._stack.push_async_callback(inner.close)
        store = watched(inner, self)
        await apply_definitions(store, DEFAULT_NAMESPACE, self.belt.registry)
        names = self.belt.registry.names()
        await declare(store, DEFAULT_NAMESPACE, tuple(self.belt.declared), names)
        await triggers.declare(store, DEFAULT_NAMESPACE, tuple(self.belt.declared_triggers), names)
        await self._stack.enter_async_context(self.belt.on(store, DEFAULT_NAMESPACE, random=random))
        crank = Crank(store, DEFAULT_NAMESPACE, self.belt.registry, random=random)
        await crank.open()
        self._stack.push_async_callback(crank.close)
        self._opened = (store, crank)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened = None
        await self._stack.aclose()

    @property
    def store(self) -> Store:
        """The store in memory. Raises NotOpen."""
        return self._parts[0]

    async def run(self, job: JobReference[R]) -> R:
        """Run what is due, in order, until this job is final; return its typed result.

        Raises JobFailed where it did not succeed, and ResultTimeout where it waits for a later time:
        `advance` brings it about.
        """
        _, crank = self._parts
        for _ in range(MOST_RUNS):
            if (await job.job()).state in FINAL or not await crank.turn():
                break
        found = await job.job()
        if found.state not in FINAL:
            raise ResultTimeout(
                f"job {job.id} is {found.state.value} ({found.reason.value}) and nothing that is due changes"
                " that: move the clock with `advance`, or resume what is paused"
            )
        return await job.result()

    async def drain(self) -> int:
        """Run everything that is due and all that follows from it; return the number of runs.

        Raises Unsupported after 10,000 runs: then jobs beget jobs, or put themselves off, without end.
        """
        _, crank = self._parts
        for runs in range(MOST_RUNS):
            if not await crank.turn():
                return runs
        raise Unsupported(
            f"after {MOST_RUNS:,} runs there is still a job due: do jobs submit jobs, or snooze, without end?"
        )

    async def advance(self, time: Duration) -> int:
        """Let time pass, stopping wherever something falls due to run it then; return the number of runs.

        Declared schedules tick on the way. To let ticks be missed, move `kit.clock` and then `drain`.
        """
        until = self.clock.now() + micros(time, what="time")
        runs = await self.drain()
        while True:
            dues = (
                await self.store.upkeep.next_due(DEFAULT_NAMESPACE),
                (await self.store.schedules.outlook(DEFAULT_NAMESPACE)).next_at,
                (await self.store.triggers.outlook(DEFAULT_NAMESPACE)).next_at,
            )
            due = min((each for each in dues if each is not None), default=until + 1)
            if due > until:
                break
            self.clock.move_to(due)
            runs += await self.drain()
        self.clock.move_to(until)
        return runs + await self.drain()

    async def jobs(self, definition: JobHandle[Any] | str | None = None) -> list[Job]:
        """Return the jobs of a definition, or all, in the order of their submits."""
        name = definition.definition.name if isinstance(definition, JobHandle) else definition
        where = JobFilter(definition=name, discarded=True)
        found: list[Job] = []
        before: str | None = None
        while True:
            params = ListJobs(namespace=DEFAULT_NAMESPACE, where=where, before=before, limit=_PAGE)
            page = await self.store.reads.page(params)
            found += page.items
            before = page.next
            if before is None:
                return sorted(found, key=lambda job: (job.created_at, job.id))

    async def assert_submitted(
        self,
        definition: JobHandle[Any] | str,
        payload: Mapping[str, Any] | None = None,
        *,
        queue: str | None = None,
        times: int | None = None,
    ) -> list[Job]:
        """Fail unless jobs of the definition were submitted whose payload holds all of `payload`.

        `times`: exactly so many, else at least one. Returns them.
        """
        __tracebackhide__ = True
        name = definition.definition.name if isinstance(definition, JobHandle) else definition
        expected = expect.Expected(name, payload or {}, queue, times)
        return expect.matching(expected, await self.jobs())

    async def crash_everywhere(
        self,
        submit: Callable[[], Awaitable[JobReference[Any]]],
        *,
        check: Callable[[Job], object] | None = None,
        fresh: Callable[[], object] | None = None,
    ) -> int:
        """Run one job over and over, each time with a crash at the next await or call of the store.

        `submit` submits the job; each story has an empty store of its own and begins with `fresh`. A crash
        is a pulled plug: no `finally` of the body runs; after the lease another worker takes the job over.
        Fails unless the job always ends in the state in which it ends without a crash. `check` is called with
        the job at the end of each story. `fresh` and `check` may be coroutine functions. Returns the number
        of crashes.
        """
        __tracebackhide__ = True
        return await crashes.crash_everywhere(
            self.belt,
            crashes.Story(submit, check, fresh),
            clock=StillClock(self.clock.now()),
            seed=self._seed,
        )

    async def before(self, verb: str) -> None:
        """See Watcher: nothing is held up."""

    async def after(self, verb: str, arguments: Sequence[object], answer: object) -> None:
        """See Watcher: who waits for a job that nothing runs is told so, instead of waiting for ever."""
        if self._opened is not None:
            self._opened[1].watch(verb, arguments, answer)

    @property
    def _parts(self) -> tuple[Store, Crank]:
        if self._opened is None:
            raise NotOpen("this kit is not open: use `async with Kit(belt) as kit:` around the work")
        return self._opened
