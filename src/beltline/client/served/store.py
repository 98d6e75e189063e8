"""A service in the place of a worker's store."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn
from urllib.parse import quote

from beltline.client.served.jobs import ServedJobs, reported
from beltline.client.served.line import Line, Standing, chunks
from beltline.client.served.memory import ServedSteps
from beltline.client.transport import Transport
from beltline.core.clock import MICROS, Clock
from beltline.core.durations import moment
from beltline.core.errors import NotFound, Unsupported
from beltline.core.ids import Random
from beltline.core.offers import Front
from beltline.engine.settle import Settled, Settlement
from beltline.store.contract import Traits
from beltline.store.fronts import FindFronts, Lane
from beltline.store.hints import Hint
from beltline.store.log_limit import DEFAULT_LIMIT, LogLimit
from beltline.store.log_lines import NewLogLine
from beltline.store.params import BeatReply, Definition, NewSession

# A call that hangs must not outlive a lease.
ANSWER_S: Final = 5.0
_MOST_FIELDS: Final = 64
_MOST_SECONDS: Final = 999
_MINUTES: Final = 60
_LONGEST_STACK: Final = 262_144


class ServedStore:
    """What the runs of a worker need of a store, at a service; all else of a store is refused.

    It is no full store: the service stages, rescues, prunes, ticks and lets go on by itself, picks the jobs
    that ask for what a worker offers, and decides what becomes of runs that ended. Belongs to one event
    loop; those that share a `standing` are one worker.
    """

    def __init__(
        self,
        url: str,
        namespace: str,
        api_key: str,
        *,
        clock: Clock,
        random: Random,
        standing: Standing | None = None,
    ) -> None:
        self.url = url
        self.objects = None
        self.traits = Traits(multi_host=True, name="service")
        self.standing = standing or Standing()
        self._address = url, namespace, api_key
        self._clock = clock
        self._random = random
        self._opened: Line | None = None

    async def open(self, *, migrate: bool | None = None) -> None:
        """Make ready to call: the first call tells whether the service is there and takes the key."""
        del migrate
        line = self._opened = Line(Transport(*self._address, tries=1, answer_s=ANSWER_S), self.standing)
        self.jobs = ServedJobs(line)
        self.steps = ServedSteps(line)
        self.sessions = _Sessions(line, self._clock, self.jobs)
        self.logs = _Logs(line)
        self.stacks = _Stacks(line)
        self.definitions = _Definitions(line)
        self.fronts = _Fronts()
        self.wakeups = _Wakeups()

    async def close(self) -> None:
        """Disconnect."""
        line, self._opened = self._opened, None
        if line is not None:
            await self.jobs.leave()
            await line.close()

    def now(self) -> int:
        """Return the service's time, as far as it is known."""
        return self._clock.now() + self.standing.ahead_us

    async def settle(self, namespace: str, batch: Sequence[Settlement]) -> Settled:
        """Report how runs ended."""
        del namespace
        settled = await reported(self._line, batch, random=self._random)
        for item in batch:
            if self.jobs.fences.get(item.job.id) == item.job.fence:
                del self.jobs.fences[item.job.id]
        return settled

    @property
    def _line(self) -> Line:
        if self._opened is None:
            raise Unsupported("this connection to the service is not open")
        return self._opened

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse what a service does not offer to a worker."""
        if name.startswith("_"):
            raise AttributeError(name)
        raise Unsupported(f"{name}: a worker with a service's URL has no store of its own; work at the store")


class _Sessions:
    def __init__(self, line: Line, clock: Clock, jobs: ServedJobs) -> None:
        self._line = line
        self._clock = clock
        self._jobs = jobs

    async def open(self, params: NewSession) -> None:
        await self._jobs.leave()
        asked = self._clock.now()
        found = await self._line.call("POST", "/workers", _session(params))
        answered = self._clock.now()
        standing = self._line.standing
        standing.worker_id, standing.session = found["id"], params.id
        standing.ahead_us = moment(found["opened_at"]) - (asked + answered) // 2

    async def beat(self, namespace: str, session: str, now: int) -> BeatReply:
        del namespace, now
        if session != self._line.standing.session:
            return BeatReply(alive=False, requests=[])
        try:
            found = await self._line.work("beat", {})
        except NotFound:
            return BeatReply(alive=False, requests=[])
        requests = [(each["id"], each["fence"], each["request"]) for each in found["requests"]]
        return BeatReply(found["alive"], requests)

    async def close(self, namespace: str, session: str, now: int) -> None:
        del namespace, session, now
        await self._jobs.leave()
        with contextlib.suppress(NotFound):
            await self._line.call("DELETE", f"/workers/{self._line.standing.worker_id}")


class _Logs:
    def __init__(self, line: Line) -> None:
        self._line = line

    async def append(
        self, namespace: str, lines: Sequence[NewLogLine], *, keep: LogLimit = DEFAULT_LIMIT
    ) -> None:
        # How much of a log is kept is the service's to say.
        del namespace, keep
        items = [
            {
                "id": line.job_id,
                "run": line.run,
                "level": line.level,
                "message": line.message,
                "fields": _fields(line.fields),
            }
            for line in lines
        ]
        for chunk in chunks(items):
            await self._line.work("logs", {"items": chunk})


class _Stacks:
    def __init__(self, line: Line) -> None:
        self._line = line

    async def asked(self, namespace: str, session: str) -> list[tuple[str, int]]:
        del namespace, session
        found = await self._line.call("GET", f"/workers/{self._line.standing.worker_id}/stacks")
        return [(item["id"], item["fence"]) for item in found["items"]]

    async def tell(self, namespace: str, job_id: str, fence: int, stack: str) -> None:
        del namespace
        items = [{"id": job_id, "fence": fence, "stack": stack[-_LONGEST_STACK:]}]
        await self._line.work("stacks", {"items": items})


class _Definitions:
    def __init__(self, line: Line) -> None:
        self._line = line

    async def apply(self, namespace: str, definitions: Sequence[Definition], now: int) -> list[str]:
        del namespace, now
        for row in definitions:
            policies = {name: value for name, value in json.loads(row.policies).items() if value is not None}
            body: dict[str, Any] = {
                "version": row.version,
                "queue": row.queue,
                "schema": json.loads(row.schema),
                "policies": policies,
                "runbook": row.runbook,
                **({"owner": row.owner} if row.owner else {}),
            }
            await self._line.call("PUT", f"/definitions/{quote(row.name, safe='')}", body)
        return []


class _Fronts:
    """The service looks for jobs that ask for what the worker offers, with each claim."""

    async def lanes(
        self, namespace: str, queues: tuple[str, ...] | None, *, after: Lane | None = None
    ) -> list[Lane]:
        del namespace, queues, after
        return []

    async def fronts(self, params: FindFronts) -> list[Front]:
        del params
        return []


class _Wakeups:
    """A claim that waits is the only hint there is."""

    async def subscribe(self, namespace: str, on_hint: Callable[[Hint], None]) -> Callable[[], None]:
        del namespace, on_hint
        return lambda: None


def _session(params: NewSession) -> dict[str, Any]:
    offer = json.loads(params.offer or "{}")
    return {
        "name": params.name,
        "host": params.host,
        "pid": params.pid,
        "lease": _lease(params.lease_us),
        "queues": None if params.queues is None else list(params.queues),
        "concurrency": params.concurrency,
        "versions": dict(zip(params.definitions or (), params.versions or (), strict=True)),
        **offer,
    }


def _lease(lease_us: int) -> str:
    """Return a lease in whole seconds or, where it is long, minutes: rounded up."""
    seconds = -(-lease_us // MICROS)
    if seconds <= _MOST_SECONDS:
        return f"{seconds}s"
    minutes = -(-seconds // _MINUTES)
    return f"{minutes}m" if minutes < _MINUTES else "1h"


def _fields(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text) if text else {}
    return dict(list(found.items())[:_MOST_FIELDS])
