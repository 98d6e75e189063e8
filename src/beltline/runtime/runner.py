"""Runs the bodies of claimed jobs and hands their outcomes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from beltline.core.clock import MICROS
from beltline.core.codec import PAYLOAD_LIMIT
from beltline.core.decide import Policy
from beltline.core.errors import ObjectsError
from beltline.core.failure import failure, failure_of
from beltline.core.job import ClaimedJob
from beltline.core.outcome import (
    Cancel,
    Ending,
    Fail,
    Outcome,
    Signal,
    Snooze,
    released,
    succeeded,
    suspension_in,
)
from beltline.core.reasons import Reason
from beltline.definitions.context import Context
from beltline.definitions.definition import JobDefinition
from beltline.definitions.registry import Registry
from beltline.definitions.sync_context import SyncContext
from beltline.engine.settle import Settlement
from beltline.executors.contract import Executor
from beltline.objects.objects import Objects
from beltline.objects.reference import is_reference
from beltline.runtime.payload import unfetched, unpacked
from beltline.runtime.run import Cause, Reports, Run, RunMemory

NO_HANDLER_DELAY_US: Final = 5 * MICROS


class Runner:
    """Holds the runs of this process, at most `concurrency` with those that are stuck.

    A body that ignores being asked to stop is given up after the grace: its job is settled, its slot stays
    taken until it ends.
    """

    def __init__(
        self,
        registry: Registry,
        executors: Mapping[str, Executor],
        *,
        concurrency: int,
        grace_us: int,
        reports: Reports,
        remember: Callable[[Run], RunMemory],
        settle: Callable[[Settlement], None],
        freed: Callable[[], None],
        now: Callable[[], int],
        objects: Objects | None = None,
    ) -> None:
        self._objects = objects
        self._limit_of_results = PAYLOAD_LIMIT if objects is None else objects.limit
        self.runs: dict[tuple[str, int], Run] = {}
        self._registry = registry
        self._executors = executors
        self._concurrency = concurrency
        self._grace_s = grace_us / MICROS
        self._reports = reports
        self._remember = remember
        self._settle = settle
        self._freed = freed
        self._now = now
        self._policies: dict[str, Policy] = {}
        self._overstaying = 0
        places = {mode: executor.places for mode, executor in executors.items()}
        self._held = {mode: 0 for mode, limit in places.items() if limit is not None}
        self._places = [limit for limit in places.values() if limit is not None]
        self._limited = [executor for executor in executors.values() if executor.places is not None]

    @property
    def stuck(self) -> int:
        """Bodies that were given up and still occupy a slot."""
        return self._overstaying + self._stuck_in_executors

    @property
    def free(self) -> int:
        """How many more jobs may be started.

        None while a body waits for its place: other workers may have some.
        """
        if any(held > places for held, places in zip(self._held.values(), self._places, strict=True)):
            return 0
        return self._concurrency - len(self.runs) - self._stuck_in_executors

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
        run = Run(job, definition, self._reports, self._remember)
        self.runs[run.key] = run
        if definition.mode in self._held:
            self._held[definition.mode] += 1
        run.task = asyncio.create_task(self._run(run))
        if job.deadline_at is not None:
            self._limit(run, None)

    def interrupt_all(self, cause: Cause) -> None:
        """Ask every body to stop."""
        for run in list(self.runs.values()):
            run.interrupt(cause)

    def abandon_all(self) -> None:
        """Give back, uncharged, the jobs of bodies that were asked to stop and go on all the same."""
        for run in self.runs.values():
            self._end(run, released(Reason.DRAINED))

    async def _run(self, run: Run) -> None:
        run.begun = True
        try:
            outcome = await self._outcome(run)
        finally:
            if run.limit is not None:
                run.limit.cancel()
            del self.runs[run.key]
            if run.definition.mode in self._held:
                self._held[run.definition.mode] -= 1
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

    async def _outcome(self, run: Run) -> Outcome:
        try:
            if run.cause is not None:
                return _interrupted(run, asyncio.CancelledError())
            return await self._body(run)
        except Signal as signal:
            return _signalled(signal)
        except asyncio.CancelledError as error:
            return _interrupted(run, error)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a body may raise anything; the worker lives on
            suspended = suspension_in(error)
            if suspended is not None:
                return Outcome(Ending.SNOOZED, delay_us=suspended.delay_us)
            return _failed(run, error)

    async def _body(self, run: Run) -> Outcome:
        definition = run.definition
        if is_reference(run.job.payload):
            try:
                run.job = await unpacked(run.job, self._objects)
            except ObjectsError as error:
                return unfetched(run.job, error)
        try:
            arguments = definition.payload.load(run.job.payload)
        except Exception as error:  # noqa: BLE001 - the types of a payload are user code too
            return Outcome(Ending.FAILED, error=failure_of(error), reason=Reason.INVALID_PAYLOAD)
        timeout_us = run.job.timeout_us
        context = (SyncContext if definition.mode == "thread" else Context)(run.job, run)
        begun = None if timeout_us is None else partial(self._limit, run, timeout_us)
        try:
            value = await self._executors[definition.mode].run(definition, context, arguments, begun=begun)
        finally:
            if run.remembered is not None:
                await run.remembered.leave()
        if isinstance(value, Signal):
            return _signalled(value)
        return succeeded(definition.result.dump(value, limit=self._limit_of_results))

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
            found = self._policies[definition.name] = Policy(definition.retry, definition.max_crashes)
        return found


def _signalled(signal: Signal) -> Outcome:
    if isinstance(signal, Snooze):
        return Outcome(Ending.SNOOZED, delay_us=signal.delay_us)
    if isinstance(signal, Cancel):
        error = failure("Cancel", signal.why) if signal.why else None
        return Outcome(Ending.CANCELLED, error=error, reason=Reason.CANCELLED_BY_HANDLER)
    why = signal.why if isinstance(signal, Fail) else str(signal)
    return Outcome(Ending.FAILED, error=failure("Fail", why), reason=Reason.FAILED_BY_HANDLER)


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
    if run.cause in {Cause.TIMEOUT, Cause.DEADLINE}:
        return _timed_out(run)
    if run.cause is Cause.DRAIN:
        # Whatever it raised, it was asked to stop: a shutdown is no failure of the job.
        return released(Reason.DRAINED)
    if run.cause is Cause.CANCEL:
        return Outcome(Ending.CANCELLED, error=failure_of(error), reason=Reason.CANCEL_REQUESTED)
    # A cancellation that nobody asked for came from within: a fault like any other, whatever its base class.
    permitted = isinstance(error, asyncio.CancelledError) or run.definition.retry.permits(error)
    return Outcome(Ending.FAILED, error=failure_of(error), reason=None if permitted else Reason.NOT_RETRYABLE)
