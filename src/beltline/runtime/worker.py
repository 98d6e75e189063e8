"""A worker: claims jobs, runs them, settles them, and does its share of the chores."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from typing import Final

from beltline.core.clock import MICROS
from beltline.core.errors import StoreError
from beltline.core.offers import Offer
from beltline.executors.inline import InlineExecutor
from beltline.executors.thread import ThreadExecutor
from beltline.runtime.children import RECYCLE
from beltline.runtime.claiming import Claiming
from beltline.runtime.fetcher import Fetcher
from beltline.runtime.heart import Heart, Pulse
from beltline.runtime.leaps import Leaps
from beltline.runtime.lease import BEATS_A_LEASE, Lease
from beltline.runtime.loop import Loop
from beltline.runtime.machine import offer_of, slots_of
from beltline.runtime.memory import RunMemory
from beltline.runtime.neighbours import Neighbours
from beltline.runtime.offspring import AtStore, Offspring
from beltline.runtime.parts import Parts
from beltline.runtime.picker import Picker
from beltline.runtime.recorder import Recorder
from beltline.runtime.reporter import Reporter
from beltline.runtime.requests import Requests
from beltline.runtime.rescuer import Rescuer
from beltline.runtime.run import Cause
from beltline.runtime.runner import Runner
from beltline.runtime.stacks import STACKS_S, Stacks
from beltline.runtime.stower import Stower
from beltline.runtime.upkeep import Upkeep
from beltline.runtime.watchdog import Watchdog
from beltline.store.hints import Hint
from beltline.store.log_limit import LogLimit

_NEVER_S: Final = 3_600.0
_ASK_S: Final = 1.0
_LOG: Final = "beltline"


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
        offer = offer_of(config, parts.registry)
        self._neighbours = Neighbours()
        self._lease = self._make_lease(offer)
        self._settler = Stower(
            store, namespace, random=random, settled=self._settled, gather_s=lambda: self._runner.gather_s
        )
        self._reporter = _reporter(parts, self._settler)
        self._recorder = Recorder(store, namespace, random=random)
        self._threads = ThreadExecutor(config.threads, grace_us=config.grace_us, box=parts.box)
        slots = slots_of(config, parts.registry)
        offspring = Offspring(parts.submits or AtStore(store, namespace, parts.registry, random=random))
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
            submit=offspring.submit,
        )
        self._fetcher = self._make_fetcher(offer, slots)
        self._pulse = Pulse(parts.clock)
        self._stacks = self._make_stacks()
        self._requests = self._make_requests()
        self._heart = self._make_heart()
        # A service gives no hint of a cancel or pause.
        asked_s = _ASK_S if parts.is_served else _NEVER_S
        beat_s = self._beat_s if self._heart is None else asked_s
        self._asking = Loop("heartbeat", beat_s, self._requests.ask, random=random)
        self._upkeep = self._make_upkeep()
        self._claiming = self._make_claiming()
        stack_asks = Loop("stacks", STACKS_S, self._stacks.tick, random=random)
        self._loops = [self._asking, stack_asks, *([] if parts.is_served else self._upkeep.loops)]

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
        claiming = asyncio.create_task(self._claiming.run())
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            done, _ = await asyncio.wait([claiming, stopping], return_when=asyncio.FIRST_COMPLETED)
            if claiming in done:
                claiming.result()
        finally:
            self._stopping.set()
            for task in (claiming, stopping):
                task.cancel()
            await asyncio.wait([claiming, stopping])
            unsubscribe()
            await self._drain()
        return self._exit_code

    def _make_lease(self, offer: Offer) -> Lease:
        parts, neighbours = self._parts, self._neighbours
        return Lease(
            self._store,
            self._namespace,
            self._config,
            random=parts.random,
            offer=offer,
            opened=None if parts.box is None else parts.box.open,
            process=lambda: neighbours.own(supervised=parts.box is not None),
        )

    def _make_upkeep(self) -> Upkeep:
        parts = self._parts
        rescuer = Rescuer(
            self._store,
            self._namespace,
            clock=parts.clock,
            random=parts.random,
            own=lambda: self._lease.session,
            every_us=int(self._beat_s * MICROS),
            is_gone=self._neighbours.is_gone,
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

    def _make_claiming(self) -> Claiming:
        return Claiming(
            self._store,
            self._namespace,
            self._config,
            lease=self._lease,
            fetcher=self._fetcher,
            runner=self._runner,
            settler=self._settler,
            upkeep=self._upkeep,
            random=self._parts.random,
            stopping=self._stopping,
        )

    def _make_requests(self) -> Requests:
        return Requests(
            self._store,
            self._namespace,
            lease=self._lease,
            runner=self._runner,
            lost=self._fetcher.hinted.set,
            beats=self._parts.open_heart_store is None,
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
            replied=self._requests.replied,
            watches=(watchdog, self._stacks, Leaps(parts.clock)),
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

    def _hint(self, hint: Hint) -> None:
        if hint is Hint.QUEUED:
            self._fetcher.told()
        elif hint is Hint.REQUESTED and self._runner.runs:
            self._asking.wake()
        else:
            self._upkeep.hinted(hint)

    def _freed(self) -> None:
        self._fetcher.freed()
        stuck = self._runner.stuck
        if stuck and stuck >= self._most_stuck and not self._stopping.is_set():
            logging.getLogger(_LOG).error(
                "%d bodies were asked to stop and go on all the same: ending this process", stuck
            )
            self.stop(RECYCLE)

    def _settled(self) -> None:
        self._fetcher.settled()
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
        for step in (self._recorder.close, self._reporter.close, self._claiming.reconcile, self._lease.close):
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
