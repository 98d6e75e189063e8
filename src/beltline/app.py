"""The composition root: from a configuration and an app to a running worker."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

import uvloop

from beltline.client.beltline import Beltline
from beltline.client.loading import load_app, store_of
from beltline.config import COLLECT_AFTER, Config
from beltline.core.clock import Clock, SystemClock
from beltline.core.errors import StoreError
from beltline.engine import triggers
from beltline.engine.burial import bury
from beltline.engine.definitions import apply_definitions
from beltline.engine.schedules import declare
from beltline.executors.black_box import BlackBox
from beltline.executors.process.command import command
from beltline.executors.process.executor import ProcessExecutor
from beltline.runtime.deaths import Life
from beltline.runtime.log import log_to_stderr
from beltline.runtime.parts import Parts
from beltline.runtime.telling import Tell, telling
from beltline.runtime.worker import Worker
from beltline.store.contract import Store
from beltline.store.open import configured_store, store_from_url
from beltline.triggers.spool import SCHEME as SPOOL, Spool

SWITCH_INTERVAL_S: Final = 0.00005


def chance() -> random.SystemRandom:
    """Return the source of chance for what must stay secret."""
    return random.SystemRandom()


def run_worker(config: Config, target: str, life: Life | None = None) -> int:
    """Load the app, open the store, work until stopped or idle; return the exit code.

    Where the configuration names no store, the app's own is used. `life` is what a supervisor gave this
    process. Raises AppImportFailed, StoreError,
    ConfigError before any job is claimed.
    """
    log_to_stderr()
    belt = load_app(target)
    tune_interpreter()
    return uvloop.run(work(replace(config, store=store_of(belt, config.store)), belt, target, life))


def tune_interpreter() -> None:
    """Set this process up for many short jobs; called once, when the app is loaded.

    Threads hand over quickly: the event loop and the store's writer thread share one interpreter (a drain on
    SQLite: 60 us a job at 1 ms, 42 us at 0.05 ms). Garbage is looked for after every 20,000 new objects in
    place of 700, and never in what was there at the start: a batch of jobs is some thousand objects that all
    go by themselves (a run: 10 to 14 us a job before, 9 after).
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


async def work(config: Config, belt: Beltline, target: str | None = None, life: Life | None = None) -> int:
    """Run a worker on the running event loop until it is stopped by SIGTERM or SIGINT, or idle.

    Return the exit code. `target` names the app as `load_app` takes it.
    """
    box = None if life is None else life.box
    async with ready_worker(config, belt, target=target, box=box) as worker:
        # To a service nobody reports the dead: their leases end.
        if life is not None and not config.store.is_service:
            await _bury(belt.store, config.store.namespace, life)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.stop)
        names = ", ".join(belt.registry.names()) or "nothing"
        logging.getLogger("beltline").info("worker %d runs %s", os.getpid(), names)
        return await worker.run()


def develop(config: Config, belt: Beltline, tell: Tell, target: str, life: Life) -> int:
    """Work until stopped, telling what is done: first `ready`, when jobs are about to be taken.

    SIGTERM drains for as long as the configuration says; SIGINT gives running jobs back at once.
    """
    tune_interpreter()

    async def run() -> int:
        async with ready_worker(config, belt, tell=tell, target=target, box=life.box) as worker:
            await _bury(belt.store, config.store.namespace, life)
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGTERM, worker.stop)
            loop.add_signal_handler(signal.SIGINT, worker.hurry)
            tell("ready", pid=os.getpid(), definitions=list(belt.registry.names()))
            return await worker.run()

    return uvloop.run(run())


@asynccontextmanager
async def ready_worker(
    config: Config,
    belt: Beltline,
    *,
    tell: Tell | None = None,
    target: str | None = None,
    box: BlackBox | None = None,
) -> AsyncIterator[Worker]:
    """Yield a worker for the jobs of `belt`, ready to run; `tell` is told what becomes of them.

    Opens and closes the configured store, and applies the definitions; `belt` is open on that store
    meanwhile. Where a body runs in a process of its own, that loads the app again by its `target`.
    """
    clock = SystemClock()
    if config.store.is_service:
        # Who has a store never needs it: half a megabyte, and most of what speaks HTTP.
        from beltline.served import served_worker  # noqa: PLC0415

        processes_there = _processes(config, belt, target, clock)
        async with served_worker(config, belt, processes_there, clock=clock, source=chance()) as worker:
            yield worker
        return
    url = config.store.url
    store = configured_store(url, config.objects, os.environ, clock=clock)
    if tell is not None:
        telling(store, tell)
    await store.open()
    try:
        namespace = config.store.namespace
        await apply_definitions(store, namespace, belt.registry)
        await declare(store, namespace, tuple(belt.declared), belt.registry.names())
        await triggers.declare(store, namespace, tuple(belt.declared_triggers), belt.registry.names())
        async with belt.on(store, namespace), _processes(config, belt, target, clock) as processes:
            yield Worker(
                Parts(
                    store=store,
                    registry=belt.registry,
                    config=config,
                    clock=clock,
                    random=random.SystemRandom(),
                    open_heart_store=None if ":memory:" in url else lambda: store_from_url(url, clock=clock),
                    processes=processes,
                    box=box,
                    sources={SPOOL: Spool, **belt.sources},
                )
            )
    finally:
        await store.close()


async def _bury(store: Store, namespace: str, life: Life) -> None:
    """Report those who died before; where the store is away, whoever comes next does, or their leases end."""
    for death in life.deaths:
        try:
            jobs = await bury(store, namespace, death, random=random.SystemRandom())
        except StoreError as error:
            logging.getLogger("beltline").warning("reporting a lost worker: %s", error)
            return
        if jobs:
            logging.getLogger("beltline").warning(
                "worker %s %s: %d jobs rescued", death.session, death.how, jobs
            )
    life.box.has_buried()


@asynccontextmanager
async def _processes(
    config: Config, belt: Beltline, target: str | None, clock: Clock
) -> AsyncIterator[ProcessExecutor | None]:
    """Yield what runs bodies in processes; None where a process could not find the app or the store.

    Where no job asks for one, the app is loaded there when the first suspect comes.
    """
    asked = any(definition.mode == "process" for definition in belt.registry)
    if target is None or (not asked and ":memory:" in config.store.url):
        yield None
        return
    # A Beltline that a body opens is on the worker's store.
    store = {"BELTLINE_STORE": config.store.url, "BELTLINE_NAMESPACE": config.store.namespace}
    if config.store.is_service:
        store["BELTLINE_API_KEY"] = config.store.api_key
    executor = ProcessExecutor(
        command(target), config.worker, clock=clock, environment={**os.environ, **store}
    )
    if asked:
        await executor.open(belt.registry)
    try:
        yield executor
    finally:
        await executor.close()
