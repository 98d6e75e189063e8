"""One job, told once without trouble, then once for each of its awaits and store calls with a crash there."""

from __future__ import annotations

import asyncio
import inspect
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Final, NamedTuple, cast

from beltline.client.beltline import Beltline
from beltline.client.reference import JobReference
from beltline.config import DEFAULT_NAMESPACE
from beltline.core.job import Job
from beltline.core.states import FINAL
from beltline.engine.definitions import apply_definitions
from beltline.runtime.rescuer import Rescuer
from beltline.store.contract import Store
from beltline.store.open import store_from_url
from beltline.testing.chance import CountingRandom
from beltline.testing.clock import StillClock
from beltline.testing.crank import LEASE_US, Crank
from beltline.testing.simulation import Crashes, crash_once
from beltline.testing.watched import watched

MOST_POINTS: Final = 10_000
_MOST_ROUNDS: Final = 1_000
_NAME: Final = "worker"


class Story(NamedTuple):
    """What is told: how the job is submitted, what must hold at the end, and how the world is made anew."""

    submit: Callable[[], Awaitable[JobReference[Any]]]
    check: Callable[[Job], object] | None
    fresh: Callable[[], object] | None


class _Told(NamedTuple):
    job: Job
    points: int
    struck: str


async def crash_everywhere(belt: Beltline, story: Story, *, clock: StillClock, seed: int) -> int:
    """Tell the story with a crash at each point in turn; return how many there were.

    Raises AssertionError where the job ends otherwise than without a crash, naming the place.
    """
    __tracebackhide__ = True
    calm = await _Stage(belt, story, clock, seed, _never).tell()
    if calm.job.state not in FINAL:
        raise AssertionError(f"without any crash the job does not end: it is {calm.job.state.value}")
    for point in range(calm.points):
        told = await _Stage(belt, story, clock, seed, crash_once(_NAME, point)).tell()
        if told.job.state is not calm.job.state:
            raise AssertionError(
                f"without a crash the job ends {calm.job.state.value}; after crash {point + 1} of"
                f" {calm.points}, {told.struck}, it is {told.job.state.value} ({told.job.reason.value})"
            )
    return calm.points


def _never(_process: str, _point: int) -> bool:
    return False


class _Points:
    """Counts the points at which a process can crash, and stops the process for good at the chosen one."""

    def __init__(self, crashes: Crashes) -> None:
        self.count = 0
        self.struck = ""
        self.crashed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.crank: Crank | None = None
        self.buried = False
        self._crashes = crashes

    def strikes(self, place: Callable[[], str]) -> bool:
        """Pass a point; return whether the process is dead there, be it just now or before.

        Nothing is dead any more that is `buried`: it is brought to its end.
        """
        if self.crashed.done():
            return not self.buried
        self.count += 1
        if self.count > MOST_POINTS:
            raise AssertionError(
                f"the job passes more than {MOST_POINTS:,} awaits and store calls: make it smaller"
            )
        if not self._crashes(_NAME, self.count - 1):
            return False
        self.struck = place()
        self.crashed.set_result(None)
        return True

    async def before(self, verb: str) -> None:
        """Crash before a call of the store, where it is its turn."""
        await self._pass(f"before the store's {verb}")

    async def after(self, verb: str, arguments: Sequence[object], answer: object) -> None:
        """Crash when the store has done it and before it is known, where it is its turn."""
        await self._pass(f"after the store's {verb}")
        if self.crank is not None:
            self.crank.watch(verb, arguments, answer)

    async def _pass(self, place: str) -> None:
        if self.strikes(lambda: place):
            await asyncio.get_running_loop().create_future()

    @contextmanager
    def in_every_task(self) -> Iterator[None]:
        """Make each step of the tasks that begin meanwhile a point."""
        loop = asyncio.get_running_loop()
        before = loop.get_task_factory()

        def make(
            loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any], **named: Any
        ) -> asyncio.Future[Any]:
            stepped = _stepped(coroutine, self)
            return (
                asyncio.Task(stepped, loop=loop, **named)
                if before is None
                else before(loop, stepped, **named)
            )

        loop.set_task_factory(cast("Any", make))
        try:
            yield
        finally:
            loop.set_task_factory(before)


class _Crashed(NamedTuple):
    """What is left of a process that crashed."""

    points: _Points
    tasks: set[asyncio.Task[Any]]
    opened: AbstractAsyncContextManager[Beltline]
    crank: Crank


class _Stage:
    """One telling: a store of its own, a process that may crash, and those that come after it."""

    def __init__(self, belt: Beltline, story: Story, clock: StillClock, seed: int, crashes: Crashes) -> None:
        self._belt = belt
        self._story = story
        self._clock = clock
        self._random = CountingRandom(seed)
        self._crashes = crashes
        self._crashed: list[_Crashed] = []

    async def tell(self) -> _Told:
        """Tell the story to its end and check it."""
        if self._story.fresh is not None:
            await _called(self._story.fresh)
        store = store_from_url("sqlite:///:memory:", clock=self._clock)
        await store.open()
        try:
            await apply_definitions(store, DEFAULT_NAMESPACE, self._belt.registry)
            async with self._belt.on(store, DEFAULT_NAMESPACE, random=self._random):
                job_id = (await self._story.submit()).id
            points = _Points(self._crashes)
            await self._live(store, job_id, points)
            if points.crashed.done():
                await self._rescue(store)
                await self._live(store, job_id, _Points(_never))
            [job] = await store.reads.get(DEFAULT_NAMESPACE, [job_id])
            if self._story.check is not None:
                await _checked(self._story.check, job, points.struck)
            return _Told(job, points.count, points.struck)
        finally:
            await self._bury()
            await store.close()

    async def _live(self, store: Store, job_id: str, points: _Points) -> None:
        """Be a worker process until the job is final, or until the crash."""
        seen = watched(store, points)
        opened = self._belt.on(seen, DEFAULT_NAMESPACE, random=self._random)
        await opened.__aenter__()
        crank = points.crank = Crank(seen, DEFAULT_NAMESPACE, self._belt.registry, random=self._random)
        others = asyncio.all_tasks()
        with points.in_every_task():
            life = asyncio.get_running_loop().create_task(self._work(store, crank, job_id))
            await asyncio.wait([life, points.crashed], return_when=asyncio.FIRST_COMPLETED)
        if points.crashed.done():
            self._crashed.append(_Crashed(points, asyncio.all_tasks() - others, opened, crank))
            return
        crank.stop()
        await opened.__aexit__(None, None, None)
        life.result()

    async def _work(self, store: Store, crank: Crank, job_id: str) -> None:
        await crank.open()
        for _ in range(_MOST_ROUNDS):
            while await crank.turn():
                continue
            [job] = await store.reads.get(DEFAULT_NAMESPACE, [job_id])
            due = await store.upkeep.next_due(DEFAULT_NAMESPACE)
            if job.state in FINAL or due is None:
                return
            self._clock.move_to(due)

    async def _rescue(self, store: Store) -> None:
        """Let the lease pass before the eyes of another worker."""
        rescuer = Rescuer(store, DEFAULT_NAMESPACE, clock=self._clock, random=self._random, own=str)
        for _ in range(4):
            await rescuer.tick()
            self._clock.advance(LEASE_US // 2)

    async def _bury(self) -> None:
        """Throw away what crashed. Only now do its `finally` blocks run: Python offers no other end."""
        for points, tasks, opened, crank in self._crashed:
            # What a task awaits in its `finally` must come to an end too.
            points.buried = True
            crank.stop()
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)
            await opened.__aexit__(None, None, None)


async def _checked(check: Callable[[Job], object], job: Job, struck: str) -> None:
    try:
        await _called(lambda: check(job))
    except BaseException as error:
        error.add_note(f"this was after a crash {struck}" if struck else "there was no crash")
        raise


async def _called(call: Callable[[], object]) -> None:
    found = call()
    if inspect.isawaitable(found):
        await found


async def _stepped(coroutine: Coroutine[Any, Any, Any], points: _Points) -> object:
    return await _steps(coroutine, points)


@types.coroutine
def _steps(coroutine: Coroutine[Any, Any, Any], points: _Points) -> Generator[Any, Any, Any]:
    """Run a task's coroutine step by step; the step that crashes, and all after it, wait for ever."""
    error: BaseException | None = None
    while True:
        if error is None and points.strikes(lambda: _place(coroutine)):
            try:
                yield from asyncio.get_running_loop().create_future()
            except BaseException:
                coroutine.close()
                raise
        try:
            awaited = coroutine.send(None) if error is None else coroutine.throw(error)
        except StopIteration as end:
            return end.value
        error = None
        try:
            yield awaited
        except GeneratorExit:
            coroutine.close()
            raise
        except BaseException as thrown:  # noqa: BLE001 - it is the task's own: the coroutine gets it
            error = thrown


def _place(coroutine: Coroutine[Any, Any, Any]) -> str:
    """Where a coroutine stands: its innermost await that is written in Python."""
    place = f"before the first step of {getattr(coroutine, '__qualname__', coroutine)}"
    inner: Any = coroutine
    while inspect.iscoroutine(inner) and inner.cr_frame is not None:
        code, line = inner.cr_code, inner.cr_frame.f_lineno
        if inner.cr_await is not None:
            place = f"at the await in {code.co_qualname} ({code.co_filename}:{line})"
        inner = inner.cr_await
    return place
