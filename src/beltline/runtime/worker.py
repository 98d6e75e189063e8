"""A worker: claims jobs, runs them, settles them, and does its share of the chores."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from beltline.config import Config
from beltline.core.backoff import growing
from beltline.core.clock import MICROS, Clock
from beltline.core.errors import ConfigError, LeaseLost, StoreError
from beltline.core.ids import Random
from beltline.core.job import ClaimedJob
from beltline.core.offers import Offer
from beltline.definitions.registry import Registry
from beltline.executors.black_box import BlackBox
from beltline.executors.contract import RemoteExecutor
from beltline.executors.inline import InlineExecutor
from beltline.executors.thread import ThreadExecutor
from beltline.runtime.children import RECYCLE
from beltline.runtime.fetcher import Fetcher
from beltline.runtime.heart import Heart, Pulse
from beltline.runtime.lease import BEATS_A_LEASE, Lease
from beltline.runtime.loop import Loop
from beltline.runtime.machine import offer_of, slots_of
from beltline.runtime.memory import RunMemory
from beltline.runtime.offspring import Offspring
from beltline.runtime.picker import Picker
from beltline.runtime.recorder import Recorder
from beltline.runtime.reporter import Reporter
from beltline.runtime.rescuer import Rescuer
from beltline.runtime.run import Cause
from beltline.runtime.runner import Runner
from beltline.runtime.stacks import STACKS_S, Stacks
from beltline.runtime.stower import Stower
from beltline.runtime.upkeep import Upkeep
from beltline.runtime.watchdog import Watchdog
from beltline.store.contract import Store
from beltline.store.hints import Hint
from beltline.store.log_limit import LogLimit
from beltline.store.params import BeatReply
from beltline.triggers.contract import OpenSource

_NEVER_S: Final = 3_600.0
_ASK_S: Final = 1.0
_SHORTEST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 5.0
_LOG: Final = "beltline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a worker is made of.

    `open_heart_store` makes the heart's own store; without it the worker's loop beats (in-memory stores).
    `processes` runs the bodies of mode "process". `box` is where a supervised worker notes what it does.
    `is_served`: the store is a service, which does the chores itself and gives no hints. `sources` open the
    sources of messages, by the scheme of their URLs.
    """

    store: Store
    registry: Registry
    config: Config
    clock: Clock
    random: Random
    open_heart_store: Callable[[], Store] | None = None
    processes: RemoteExecutor | None = None
    box: BlackBox | None = None
    is_served: bool = False
    sources: Mapping[str, OpenSource] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise ConfigError where a definition needs processes and there are none."""
        lacking = [] if self.processes else [each for each in self.registry if each.mode == "process"]
        if lacking:
            raise ConfigError(
                [
                    f"job {definition.name!r} at {definition.place}: this worker has no processes for bodies;"
                    " start it with the place of its app, as `beltline work APP` does"
                    for definition in lacking
                ]
            )


class Worker:
    """Runs jobs until it is asked to stop; `run` returns the exit code.

    SIGKILL, a crash or a lost connection lose nothing: what was running is rescued by another worker, and
    what ended but was not yet written runs again.
    """

    def __init__(self, parts: Parts) -> None:
        config, store, random = parts.config.worker, parts.store, parts.random
        self._namespace = namespace = parts.config.store.namespace
        self._parts, self._config, self._store = parts, config, store
        self._stopping = asyncio.Event()
        self._most_stuck = max(1, min(config.threads, config.concurrency) // 2)
        self._exit_code, self._patience_us = 0, config.drain_us
        self._beat_s = config.lease_us / BEATS_A_LEASE / MICROS
        self._pausing: set[tuple[str, int]] = set()
        offer = offer_of(config, parts.registry)
        opened = None if parts.box is None else parts.box.open
        self._lease = Lease(store, namespace, config, random=random, offer=offer, opened=opened)
        self._settler = Stower(
            store, namespace, random=random, settled=self._settled, gather_s=lambda: self._runner.gather_s
        )
        self._reporter = _reporter(parts, self._settler)
        self._recorder = Recorder(store, namespace, random=random)
        self._threads = ThreadExecutor(config.threads, grace_us=config.grace_us, box=parts.box)
        slots = slots_of(config, parts.registry)
        self._runner = Runner(
            parts.registry,
            {"async": InlineExecutor(parts.box), "thread": self._threads},
            concurrency=slots,
            most=config.concurrency,
            grace_us=config.grace_us,
            reports=self._reporter,
            remember=lambda run: RunMemory(run, self._recorder),
            settle=self._settler.put,
            freed=self._freed,
            now=store.now,
            objects=store.objects,
            remote=parts.processes,
            submit=Offspring(store, namespace, parts.registry, random=random).submit,
        )
        self._fetcher = self._make_fetcher(offer, slots)
        self._pulse = Pulse(parts.clock)
        self._stacks = self._make_stacks()
        self._heart = self._make_heart()
        # A service gives no hint of a cancel or pause.
        asked_s = _ASK_S if parts.is_served else _NEVER_S
        beat_s = self._beat_s if self._heart is None else asked_s
        self._requests = Loop("heartbeat", beat_s, self._beat, random=random)
        self._upkeep = self._make_upkeep()
        stack_asks = Loop("stacks", STACKS_S, self._stacks.tick, random=random)
        self._loops = [self._requests, stack_asks, *([] if parts.is_served else self._upkeep.loops)]

    def stop(self, exit_code: int = 0) -> None:
        """Drain: claim no more, let bodies end, give back uncharged what does not end in time."""
        self._exit_code = self._exit_code or exit_code
        self._stopping.set()

    def hurry(self) -> None:
        """Drain without patience: ask every body to stop, and give its job back uncharged."""
        self._patience_us = 0
        if self._stopping.is_set():
            self._runner.interrupt_all(Cause.DRAIN)
        # Else the drain asks them, when no claim waits any more that could take their jobs again.
        self.stop()

    async def run(self) -> int:
        """Work until stopped, or until idle where the configuration says so."""
        await self._lease.open()
        unsubscribe = await self._store.wakeups.subscribe(self._namespace, self._hint)
        for loop in self._loops:
            loop.start()
        if self._heart is not None:
            self._heart.start()
        fetching = asyncio.create_task(self._fetch_on())
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            done, _ = await asyncio.wait([fetching, stopping], return_when=asyncio.FIRST_COMPLETED)
            if fetching in done:
                fetching.result()
        finally:
            self._stopping.set()
            for task in (fetching, stopping):
                task.cancel()
            await asyncio.wait([fetching, stopping])
            unsubscribe()
            await self._drain()
        return self._exit_code

    def _make_upkeep(self) -> Upkeep:
        parts = self._parts
        rescuer = Rescuer(
            self._store,
            self._namespace,
            clock=parts.clock,
            random=parts.random,
            own=lambda: self._lease.session,
            every_us=int(self._beat_s * MICROS),
        )
        return Upkeep(
            self._store,
            self._namespace,
            retention=parts.config.retention,
            rescuer=rescuer,
            rescue_s=self._beat_s,
            random=parts.random,
            sources=parts.sources,
        )

    def _make_fetcher(self, offer: Offer, slots: int) -> Fetcher:
        parts, queues = self._parts, self._config.queues
        runs, clock = self._runner.runs, parts.clock
        return Fetcher(
            self._store,
            self._namespace,
            queues=queues,
            concurrency=slots,
            most=self._config.concurrency,
            runner=self._runner,
            settler=self._settler,
            random=parts.random,
            picker=Picker(self._store, self._namespace, queues=queues, offer=offer, runs=runs, clock=clock),
        )

    def _make_heart(self) -> Heart | None:
        parts, config = self._parts, self._config
        if parts.open_heart_store is None:
            return None
        watchdog = Watchdog(
            self._pulse,
            self._runner.runs,
            self._namespace,
            unwritten=self._settler.unwritten,
            grace_us=config.grace_us,
            random=parts.random,
            loop=asyncio.get_running_loop(),
            thread_id=threading.get_ident(),
        )
        return Heart(
            parts.open_heart_store,
            self._namespace,
            session=lambda: self._lease.session,
            interval_us=config.lease_us // BEATS_A_LEASE,
            replied=self._replied,
            watches=(watchdog, self._stacks),
        )

    def _make_stacks(self) -> Stacks:
        return Stacks(
            self._store,
            self._namespace,
            self._runner.runs,
            session=lambda: self._lease.session,
            threads=self._threads,
            processes=self._parts.processes,
            pulse=self._pulse,
        )

    async def _fetch_on(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                is_done = await self._fetch_once()
            except StoreError as error:
                # A claim whose reply was lost may have taken jobs: they are given back before the next claim.
                self._lease.doubtful = True
                failures += 1
                if failures == 1:
                    logging.getLogger(_LOG).warning("claiming: %s; trying again", error)
                pause = growing(_SHORTEST_PAUSE, failures, longest=_LONGEST_PAUSE)
                await asyncio.sleep(pause * (0.5 + self._parts.random.random()))
                continue
            failures = 0
            if is_done:
                return

    async def _fetch_once(self) -> bool:
        """Claim once, start what came and wait for more; return whether all is done."""
        try:
            if self._lease.doubtful:
                await self._reconcile()
            jobs = await self._fetcher.fetch(self._lease.session)
            self._start(jobs)
            if not jobs and self._config.until_idle and await self._is_idle():
                return True
            handed = await self._fetcher.wait_for_work(self._lease.session, len(jobs))
            self._start(handed)
            if handed:
                # What an idle worker is handed begins before it asks for more; a busy one asks ahead.
                await asyncio.sleep(0)
        except LeaseLost:
            await self._begin_anew()
        return False

    def _start(self, jobs: Sequence[ClaimedJob]) -> None:
        for job in jobs:
            self._runner.start(job)

    async def _reconcile(self) -> None:
        await self._lease.reconcile(self._runner.runs.keys() | self._settler.pending)

    async def _is_idle(self) -> bool:
        if self._runner.runs or not self._settler.idle:
            return False
        if await self._upkeep.release():
            # What ended may have let others go on, and these more: look again at once.
            self._fetcher.hinted.set()
            return False
        if await self._upkeep.is_due():
            return False
        return await self._store.reads.unsettled(self._namespace, self._config.queues, self._store.now()) == 0

    async def _begin_anew(self) -> None:
        logging.getLogger(_LOG).warning(
            "session %s was ended by others (this process was away for a whole lease?): dropping %d runs",
            self._lease.session,
            len(self._runner.runs),
        )
        self._runner.interrupt_all(Cause.LOST)
        await self._lease.open()

    async def _beat(self) -> bool:
        if self._heart is not None and not self._runner.runs:
            return False
        session = self._lease.session
        self._replied(session, await self._store.sessions.beat(self._namespace, session, self._store.now()))
        return False

    def _hint(self, hint: Hint) -> None:
        if hint is Hint.QUEUED:
            self._fetcher.told()
        elif hint is Hint.REQUESTED and self._runner.runs:
            self._requests.wake()
        else:
            self._upkeep.hinted(hint)

    def _replied(self, session: str, reply: BeatReply) -> None:
        if session != self._lease.session:
            return
        if not reply.alive:
            # Others may run these jobs by now. The next claim is refused with LeaseLost, which begins anew;
            # what the session still holds is rescued, and charged, like that of any lost worker.
            self._runner.interrupt_all(Cause.LOST)
            self._lease.doubtful = False
            self._fetcher.hinted.set()
            return
        self._lease.beaten()
        pausing = {(job_id, fence) for job_id, fence, request in reply.requests if request == "pause"}
        # Those that are new, and those that were taken back.
        for key in pausing ^ self._pausing:
            run = self._runner.runs.get(key)
            if run is not None:
                run.pausing = key in pausing
        self._pausing = pausing
        for job_id, fence, request in reply.requests:
            run = self._runner.runs.get((job_id, fence))
            if run is not None and request == "cancel":
                run.interrupt(Cause.CANCEL)

    def _freed(self) -> None:
        self._fetcher.freed()
        stuck = self._runner.stuck
        if stuck and stuck >= self._most_stuck and not self._stopping.is_set():
            logging.getLogger(_LOG).error(
                "%d bodies were asked to stop and go on all the same: ending this process", stuck
            )
            self.stop(RECYCLE)

    def _settled(self) -> None:
        if self._config.until_idle:
            self._fetcher.hinted.set()

    async def _drain(self) -> None:
        logging.getLogger(_LOG).info("draining: %d jobs run", len(self._runner.runs))
        await self._end_runs(self._patience_us)
        self._runner.interrupt_all(Cause.DRAIN)
        await self._end_runs(self._config.grace_us)
        self._runner.abandon_all()
        for loop in self._loops:
            await loop.stop()
        # What is released after the drain is written within the grace, also where nothing was waited for.
        unwritten = await self._settler.close((self._patience_us + self._config.grace_us) / MICROS)
        if unwritten:
            logging.getLogger(_LOG).error(
                "%d outcomes were not written: their jobs will be rescued and run again", unwritten
            )
        for step in (self._recorder.close, self._reporter.close, self._reconcile, self._lease.close):
            try:
                await step()
            except StoreError as error:
                logging.getLogger(_LOG).warning(
                    "closing the session: %s; others will rescue what it holds", error
                )
        if self._heart is not None:
            await self._heart.stop()
        self._pulse.stop()
        self._threads.close()

    async def _end_runs(self, patience_us: int) -> None:
        runs = self._runner.runs
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_us / MICROS):
                # Again and again: a run that has not begun may yet get another task.
                while tasks := [run.task for run in runs.values() if run.task and not run.settled]:
                    await asyncio.wait(tasks)


def _reporter(parts: Parts, stower: Stower) -> Reporter:
    retention, namespace = parts.config.retention, parts.config.store.namespace
    keep = LogLimit(retention.log_lines, retention.log_bytes)
    return Reporter(parts.store, namespace, now=parts.store.now, stow=stower.keep, keep=keep)
