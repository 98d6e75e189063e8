"""Runs the bodies of claimed jobs and hands their outcomes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from beltline.core.clock import MICROS
from beltline.core.codec import PAYLOAD_LIMIT
from beltline.core.decide import Policy, crashes_of_suspect
from beltline.core.errors import ObjectsError
from beltline.core.job import ClaimedJob
from beltline.core.outcome import Ending, Outcome, Signal, released, signalled, succeeded
from beltline.core.reasons import Reason
from beltline.definitions.context import Context
from beltline.definitions.definition import JobDefinition
from beltline.definitions.registry import Registry
from beltline.definitions.sync_context import SyncContext
from beltline.engine.settle import Settlement
from beltline.executors.contract import Executor, Places, RemoteExecutor
from beltline.objects.objects import Objects
from beltline.objects.reference import is_reference
from beltline.runtime.lanes import Lanes, Rest
from beltline.runtime.pace import Pace
from beltline.runtime.payload import unfetched, unpacked
from beltline.runtime.run import Cause, Reports, Run, RunMemory, Submit
from beltline.runtime.run_endings import Unreadable, ending_of, in_view, interrupted, timed_out

NO_HANDLER_DELAY_US: Final = 5 * MICROS
# How long outcomes are gathered while bodies run; longer where others wait for a thread or a process, because
# then the processor is what they wait for (5 ms of work in each, in processes: 1.5 outcomes a transaction at
# 5 ms, 10 at 40 ms; two workers with threads do a tenth more).
GATHER_S: Final = 0.005
GATHER_BEHIND_S: Final = 0.04

_BROKEN: Final = frozenset({Ending.FAILED, Ending.LOST})


class Way(NamedTuple):
    """How a body is run: what runs it, and what to make of that which it returned."""

    open: Callable[[Run], Coroutine[Any, Any, object]]
    close: Callable[[Run, Any], Outcome]


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
        self._lanes = Lanes(self._begin, now=now)
        self._here = Way(self._body, self._returned)
        self._is_telling = False
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
        if self._is_behind:
            return GATHER_BEHIND_S
        return GATHER_S if self.runs else 0.0

    @property
    def free(self) -> int:
        """How many more jobs may be started.

        None while a body waits for its place: other workers may have some. Of bodies in processes that take a
        few milliseconds, more than there are places. Suspects, which wait for a process and not for the loop,
        take no slot from others, unless there are more of them than slots.
        """
        if self._is_behind:
            return 0
        slots = min(self._concurrency + self._pace.ahead, self._most)
        aside = min(self._aside, self._concurrency)
        return slots + aside - len(self.runs) - self._stuck_in_executors

    @property
    def _is_behind(self) -> bool:
        """Whether a body waits for a thread or a process."""
        return any(held > places for held, places in zip(self._held.values(), self._places, strict=True))

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
        way = self._here
        if self._remote is not None and (
            definition.mode == "process" or (job.crashes and is_suspect(job, definition))
        ):
            way, run.mode = Way(partial(self._body_elsewhere, self._remote), _as_told), "process"
        if is_reference(job.payload):
            way = Way(partial(self._body_with_payload, way), _as_told)
        self._count(run, 1)
        self._lanes.put(run, way)
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

    def _begin(self, run: Run, way: Way) -> Awaitable[None] | None:
        """Execute a run to where its body first waits; return what goes on from there, None: it has ended."""
        run.begun = True
        if run.cause is not None:
            self._close(run, interrupted(run, asyncio.CancelledError()))
            return None
        try:
            body = run.coroutine = way.open(run)
            awaited = body.send(None)
        except StopIteration as end:
            if run.remembered is not None:
                return self._go_on(run, way, _returning(end.value))
            self._close(run, self._outcome(run, way, end.value))
            return None
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a body may raise anything; the worker lives on
            if run.remembered is not None:
                return self._go_on(run, way, _raising(error))
            self._close(run, ending_of(run, error))
            return None
        return self._go_on(run, way, Rest(body, awaited))

    async def _go_on(self, run: Run, way: Way, body: Awaitable[object]) -> None:
        try:
            try:
                value = await body
            finally:
                if run.remembered is not None:
                    await run.remembered.leave()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a body may raise anything; the worker lives on
            outcome = ending_of(run, error)
        else:
            outcome = self._outcome(run, way, value)
        self._close(run, outcome)

    def _close(self, run: Run, outcome: Outcome) -> None:
        """Free the place of a run that has ended, and hand its outcome on."""
        if run.limit is not None:
            run.limit.cancel()
        del self.runs[run.key]
        self._count(run, -1)
        if run.settled:
            self._overstaying -= 1
        if not self._is_telling:
            # Many end in one turn of the loop: whoever waits for room goes on in the next one.
            self._is_telling = True
            asyncio.get_running_loop().call_soon(self._tell)
        self._end(run, outcome)

    def _tell(self) -> None:
        self._is_telling = False
        self._freed()

    def _end(self, run: Run, outcome: Outcome) -> None:
        """Hand the outcome on, where this is the first one and the job still ours."""
        if not run.settled and run.cause is not Cause.LOST:
            run.settled = True
            if run.key in self.runs:
                self._overstaying += 1
            self._settle(Settlement(run.job, outcome, self._policy(run.definition)))

    def _outcome(self, run: Run, way: Way, value: object) -> Outcome:
        """Return what a run comes to whose body returned."""
        if isinstance(value, Signal):
            return signalled(value)
        try:
            return way.close(run, value)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - the types of a result are user code too
            return ending_of(run, error)

    def _body(self, run: Run) -> Coroutine[Any, Any, object]:
        definition, job = run.definition, run.job
        try:
            arguments = definition.payload.load(job.payload)
        except Exception as error:
            raise Unreadable(error) from error
        context = (SyncContext if definition.mode == "thread" else Context)(job, run)
        begun = None if job.timeout_us is None else partial(self._limit, run, job.timeout_us)
        return self._executors[definition.mode].run(definition, context, arguments, begun=begun)

    def _returned(self, run: Run, value: object) -> Outcome:
        return succeeded(run.definition.result.dump(value, limit=self._limit_of_results))

    async def _body_with_payload(self, way: Way, run: Run) -> Outcome:
        try:
            run.job = await unpacked(run.job, self._objects)
        except ObjectsError as error:
            return unfetched(run.job, error)
        return self._outcome(run, way, await way.open(run))

    async def _body_elsewhere(self, remote: RemoteExecutor, run: Run) -> Outcome:
        if run.definition.mode != "process" and not await remote.has(run.definition):
            self._count(run, -1)
            run.mode = run.definition.mode
            self._count(run, 1)
            return self._outcome(run, self._here, await self._body(run))
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
        return in_view(run, outcome) if outcome.ending in _BROKEN else outcome

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
        self._end(run, timed_out(run))
        self._freed()

    def _policy(self, definition: JobDefinition) -> Policy:
        found = self._policies.get(definition.name)
        if found is None:
            found = Policy(definition.retry, definition.max_crashes, definition.version)
            self._policies[definition.name] = found
        return found


async def _returning(value: object) -> object:
    return value


async def _raising(error: BaseException) -> object:
    raise error


def _as_told(_: Run, outcome: Outcome) -> Outcome:
    return outcome


def is_suspect(job: ClaimedJob, definition: JobDefinition) -> bool:
    """Say whether a job may be what ended the workers that ran it, so that it must not take others along."""
    return job.crashes >= crashes_of_suspect(definition.max_crashes)
