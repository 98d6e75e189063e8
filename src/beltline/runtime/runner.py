"""Runs the bodies of claimed jobs and hands their outcomes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from beltline.core.clock import MICROS
from beltline.core.codec import PAYLOAD_LIMIT
from beltline.core.decide import Policy, crashes_of_suspect
from beltline.core.errors import ObjectsError
from beltline.core.failure import failure
from beltline.core.job import ClaimedJob
from beltline.core.outcome import (
    Ending,
    Outcome,
    Signal,
    raised,
    released,
    signalled,
    succeeded,
    suspended,
    suspension_in,
    unreadable,
    waits_for_objects,
)
from beltline.core.reasons import Reason
from beltline.definitions.context import Context
from beltline.definitions.definition import JobDefinition
from beltline.definitions.registry import Registry
from beltline.definitions.sync_context import SyncContext
from beltline.engine.settle import Settlement
from beltline.executors.contract import Executor, Places, RemoteExecutor
from beltline.objects.objects import Objects
from beltline.objects.reference import is_reference
from beltline.runtime.lanes import Body, Lanes
from beltline.runtime.pace import Pace
from beltline.runtime.payload import unfetched, unpacked
from beltline.runtime.run import Cause, Reports, Run, RunMemory, Submit

NO_HANDLER_DELAY_US: Final = 5 * MICROS
# How long outcomes are gathered while bodies run; longer where others wait for a process, because then the
# processor is what they wait for (5 ms of work in each: 1.5 outcomes a transaction at 5 ms, 10 at 40 ms).
GATHER_S: Final = 0.005
GATHER_BEHIND_S: Final = 0.04

_BROKEN: Final = frozenset({Ending.FAILED, Ending.LOST})


class Runner:
    """Holds the runs of this process, at most `concurrency` with those that are stuck.

    At `most` that many, where bodies in processes are so short that their turn is near.

    A body that ignores being asked to stop is given up after the grace: its job is settled, its slot stays
    taken until it ends.
    """

    def __init__(
        self,
        registry: Registry,
        executors: Mapping[str, Executor],
        *,
        concurrency: int,
        most: int = 0,
        grace_us: int,
        reports: Reports,
        remember: Callable[[Run], RunMemory],
        settle: Callable[[Settlement], None],
        freed: Callable[[], None],
        now: Callable[[], int],
        objects: Objects | None = None,
        remote: RemoteExecutor | None = None,
        submit: Submit | None = None,
    ) -> None:
        self._objects = objects
        self._limit_of_results = PAYLOAD_LIMIT if objects is None else objects.limit
        self.runs: dict[tuple[str, int], Run] = {}
        self._registry = registry
        self._executors = executors
        self._remote = remote
        self._concurrency = concurrency
        self._most = max(most, concurrency)
        self._grace_s = grace_us / MICROS
        self._reports = reports
        self._remember = remember
        self._submit = submit
        self._settle = settle
        self._freed = freed
        self._now = now
        self._pace = Pace((remote.places or 0) if remote else 0)
        self._policies: dict[str, Policy] = {}
        self._lanes = Lanes(self._run, now=now)
        self._overstaying = 0
        # Suspects that have left the mode of their definition for a process.
        self._aside = 0
        everywhere: dict[str, Places] = {**executors, **({"process": remote} if remote else {})}
        places = {mode: executor.places for mode, executor in everywhere.items()}
        self._held = {mode: 0 for mode, limit in places.items() if limit is not None}
        self._places = [limit for limit in places.values() if limit is not None]
        self._limited = [executor for executor in everywhere.values() if executor.places is not None]

    @property
    def stuck(self) -> int:
        """Bodies that were given up and still occupy a slot."""
        return self._overstaying + self._stuck_in_executors

    @property
    def gather_s(self) -> float:
        """How long the outcome of a run may wait for others, in seconds; 0 where none are to come."""
        places = None if self._remote is None else self._remote.places
        if places is not None and self._held["process"] > places:
            return GATHER_BEHIND_S
        return GATHER_S if self.runs else 0.0

    @property
    def free(self) -> int:
        """How many more jobs may be started.

        None while a body waits for its place: other workers may have some. Of bodies in processes that take a
        few milliseconds, more than there are places. Suspects, which wait for a process and not for the loop,
        take no slot from others, unless there are more of them than slots.
        """
        if any(held > places for held, places in zip(self._held.values(), self._places, strict=True)):
            return 0
        slots = min(self._concurrency + self._pace.ahead, self._most)
        aside = min(self._aside, self._concurrency)
        return slots + aside - len(self.runs) - self._stuck_in_executors

    @property
    def _stuck_in_executors(self) -> int:
        stuck = 0
        for executor in self._limited:
            stuck += executor.stuck
        return stuck

    def start(self, job: ClaimedJob) -> None:
        """Start a claimed job. One whose definition this worker lacks is given back uncharged."""
        definition = self._registry.get(job.definition)
        if definition is None:
            self._settle(Settlement(job, released(Reason.NO_HANDLER, NO_HANDLER_DELAY_US), Policy()))
            return
        run = Run(job, definition, self._reports, self._remember, self._submit)
        self.runs[run.key] = run
        body: Body = self._body
        if self._remote is not None and (
            definition.mode == "process" or (job.crashes and is_suspect(job, definition))
        ):
            body, run.mode = partial(self._body_elsewhere, self._remote), "process"
        self._count(run, 1)
        self._lanes.put(run, body)
        if job.deadline_at is not None:
            self._limit(run, None)

    def _count(self, run: Run, more: int) -> None:
        if run.mode != run.definition.mode:
            self._aside += more
        elif run.mode in self._held:
            self._held[run.mode] += more

    def interrupt_all(self, cause: Cause) -> None:
        """Ask every body to stop."""
        for run in list(self.runs.values()):
            run.interrupt(cause)

    def abandon_all(self) -> None:
        """Give back, uncharged, the jobs of bodies that were asked to stop and go on all the same."""
        for run in self.runs.values():
            self._end(run, released(Reason.DRAINED))

    async def _run(self, run: Run, body: Body) -> None:
        run.begun = True
        try:
            outcome = await self._outcome(run, body)
        finally:
            if run.limit is not None:
                run.limit.cancel()
            del self.runs[run.key]
            self._count(run, -1)
            if run.settled:
                self._overstaying -= 1
            self._freed()
        self._end(run, outcome)

    def _end(self, run: Run, outcome: Outcome) -> None:
        """Hand the outcome on, where this is the first one and the job still ours."""
        if not run.settled and run.cause is not Cause.LOST:
            run.settled = True
            if run.key in self.runs:
                self._overstaying += 1
            self._settle(Settlement(run.job, outcome, self._policy(run.definition)))

    async def _outcome(self, run: Run, body: Body) -> Outcome:
        try:
            if run.cause is not None:
                return _interrupted(run, asyncio.CancelledError())
            if is_reference(run.job.payload):
                try:
                    run.job = await unpacked(run.job, self._objects)
                except ObjectsError as error:
                    return unfetched(run.job, error)
            return await body(run)
        except Signal as signal:
            return signalled(signal)
        except asyncio.CancelledError as error:
            return _interrupted(run, error)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a body may raise anything; the worker lives on
            suspension = suspension_in(error)
            return _failed(run, error) if suspension is None else suspended(suspension)

    async def _body(self, run: Run) -> Outcome:
        definition = run.definition
        try:
            arguments = definition.payload.load(run.job.payload)
        except Exception as error:  # noqa: BLE001 - the types of a payload are user code too
            return unreadable(error)
        timeout_us = run.job.timeout_us
        context = (SyncContext if definition.mode == "thread" else Context)(run.job, run)
        begun = None if timeout_us is None else partial(self._limit, run, timeout_us)
        try:
            value = await self._executors[definition.mode].run(definition, context, arguments, begun=begun)
        finally:
            if run.remembered is not None:
                await run.remembered.leave()
        if isinstance(value, Signal):
            return signalled(value)
        return succeeded(definition.result.dump(value, limit=self._limit_of_results))

    async def _body_elsewhere(self, remote: RemoteExecutor, run: Run) -> Outcome:
        if run.definition.mode != "process" and not await remote.has(run.definition):
            self._count(run, -1)
            run.mode = run.definition.mode
            self._count(run, 1)
            return await self._body(run)
        begun_at: int | None = None

        def begun() -> None:
            nonlocal begun_at
            begun_at = self._now()
            if run.job.timeout_us is not None:
                self._limit(run, run.job.timeout_us)

        try:
            outcome = await remote.run(
                run.job, run.definition, run, begun=begun, most_bytes=self._limit_of_results
            )
        finally:
            if begun_at is not None:
                self._pace.took(self._now() - begun_at)
            if run.remembered is not None:
                await run.remembered.leave()
        return _in_view(run, outcome) if outcome.ending in _BROKEN else outcome

    def _limit(self, run: Run, timeout_us: int | None) -> None:
        """Stop the run at its deadline, or after its time-out, which counts from now: its body begins."""
        job = run.job
        cause, limit_us = Cause.TIMEOUT, timeout_us
        if job.deadline_at is not None:
            remaining = max(0, job.deadline_at - self._now())
            if limit_us is None or remaining < limit_us:
                cause, limit_us = Cause.DEADLINE, remaining
        if run.limit is not None:
            run.limit.cancel()
        loop = asyncio.get_running_loop()
        run.limit = loop.call_later((limit_us or 0) / MICROS, self._stop, run, cause)

    def _stop(self, run: Run, cause: Cause) -> None:
        run.interrupt(cause)
        run.limit = asyncio.get_running_loop().call_later(2 * self._grace_s, self._give_up, run)

    def _give_up(self, run: Run) -> None:
        self._end(run, _timed_out(run))
        self._freed()

    def _policy(self, definition: JobDefinition) -> Policy:
        found = self._policies.get(definition.name)
        if found is None:
            found = Policy(definition.retry, definition.max_crashes, definition.version)
            self._policies[definition.name] = found
        return found


def is_suspect(job: ClaimedJob, definition: JobDefinition) -> bool:
    """Say whether a job may be what ended the workers that ran it, so that it must not take others along."""
    return job.crashes >= crashes_of_suspect(definition.max_crashes)


def _interrupted(run: Run, error: BaseException) -> Outcome:
    if run.cause is Cause.CANCEL:
        return Outcome(Ending.CANCELLED, reason=Reason.CANCEL_REQUESTED)
    if run.cause is Cause.DRAIN:
        return released(Reason.DRAINED)
    if run.cause in {Cause.TIMEOUT, Cause.DEADLINE}:
        return _timed_out(run)
    return _failed(run, error)


def _timed_out(run: Run) -> Outcome:
    if run.cause is Cause.DEADLINE:
        message = "the job's deadline passed while it ran"
        return Outcome(
            Ending.TIMED_OUT, error=failure("DeadlinePassed", message), reason=Reason.DEADLINE_PASSED
        )
    message = f"the body ran longer than its time-out of {(run.job.timeout_us or 0) / MICROS:g} s"
    return Outcome(Ending.TIMED_OUT, error=failure("Timeout", message))


def _failed(run: Run, error: BaseException) -> Outcome:
    waits = waits_for_objects(run.job, error) if run.cause is None else None
    if waits is not None:
        return waits
    return _in_view(run, raised(error, run.definition.retry))


def _in_view(run: Run, outcome: Outcome) -> Outcome:
    """What a failure comes to where the body was asked to stop."""
    if run.cause in {Cause.TIMEOUT, Cause.DEADLINE}:
        return _timed_out(run)
    if run.cause is Cause.DRAIN:
        # Whatever it raised, it was asked to stop: a shutdown is no failure of the job.
        return released(Reason.DRAINED)
    if run.cause is Cause.CANCEL:
        return Outcome(Ending.CANCELLED, error=outcome.error, reason=Reason.CANCEL_REQUESTED)
    return outcome
