"""A service in place of a store: what a port does over HTTP, with repeats that are safe."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence, Set as AbstractSet
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, cast
from urllib.parse import quote

from beltline.client.remote_parts import RemoteParts
from beltline.client.transport import TRIES, Transport
from beltline.core.clock import MICROS, Clock
from beltline.core.codec import dump_json, payload_hash
from beltline.core.durations import micros, moment, moment_text
from beltline.core.errors import InvalidInput
from beltline.core.ids import Random, new_id
from beltline.core.job import Job
from beltline.core.job_retry import RetryOption, plain_retry
from beltline.core.states import FINAL, JobState
from beltline.engine.submit import OPTION_NAMES, JobOptions, require_options
from beltline.store.params import Finished, Inserted, Insertion
from beltline.wire.prerequisites import after_body
from beltline.wire.reading import job_of

LONGEST_WAIT_S: Final = 30
MOST_JOBS: Final = 10_000
PAGE: Final = 1_000
# The service writes down whose API key it was; what ties jobs together has another form there.
_SENT: Final = OPTION_NAMES - {"actor", "after", "unknown", "parent"}


class Remote:
    """The jobs of one namespace behind a service's URL. Belongs to one event loop."""

    def __init__(
        self,
        url: str,
        namespace: str,
        api_key: str,
        *,
        clock: Clock,
        random: Random,
        tries: int = TRIES,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self._clock = clock
        self._random = random
        self._transport = Transport(url, namespace, api_key, tries=tries)
        self.parts = RemoteParts(partial(self._transport.content, "GET"))

    async def submit(self, name: str, payloads: Sequence[bytes], options: JobOptions) -> list[Inserted]:
        """Store jobs, all or none. Each gets an id here, so that a repeat makes no second one."""
        if len(payloads) > MOST_JOBS:
            raise InvalidInput(
                f"{len(payloads):,} jobs at once: a service takes {MOST_JOBS:,} in one request; split them"
            )
        require_options(options)
        parent, names = options.parent, [(name, payload_hash(payload)) for payload in payloads]
        jobs = [self._job(name, payload, options) for payload in payloads]
        try:
            items = await self._submitted(jobs)
        except BaseException:
            if parent is not None:
                parent.take_back(names)
            raise
        # An id that was drawn here exists already where the answer to a first try was lost.
        repeatable = (
            options.id is not None
            or options.idempotency_key is not None
            or options.dedupe is not None
            or parent is not None
        )
        return [
            Inserted(item["id"], Insertion.EXISTING if item["existing"] and repeatable else Insertion.CREATED)
            for item in items
        ]

    async def _submitted(self, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if not jobs:
            return []
        if len(jobs) == 1:
            return [await self.call("POST", "/jobs", jobs[0])]
        found: list[dict[str, Any]] = (await self.call("POST", "/jobs:submit", {"jobs": jobs}))["items"]
        return found

    async def wait(self, job_id: str, timeout_us: int | None) -> Finished | None:
        """Return how a job ended; None where it was not final within the time."""
        until = None if timeout_us is None else self._clock.monotonic() + timeout_us
        while True:
            left_s = LONGEST_WAIT_S if until is None else (until - self._clock.monotonic()) / MICROS
            wait_s = int(min(max(left_s, 0), LONGEST_WAIT_S))
            try:
                async with asyncio.timeout(None if until is None else max(left_s, 0) + 1):
                    body = await self.call("GET", f"{_path(job_id)}?wait={wait_s}s&include=result")
            except TimeoutError:
                return None
            state = JobState(body["state"])
            if state in FINAL:
                result = dump_json(body["result"]) if state is JobState.SUCCEEDED else None
                error = dump_json(body["error"]) if body["error"] else None
                return Finished(job_id, state, body["reason"], result, error)
            if until is not None and self._clock.monotonic() >= until:
                return None

    async def get(self, job_id: str) -> Job:
        """Return a job, with its result, and without its payload: viewing that needs a right of its own."""
        return job_of(await self.call("GET", f"{_path(job_id)}?include=result"))

    async def cancel(self, job_id: str, why: str) -> Job:
        """Cancel a job."""
        return job_of(await self.call("POST", f"{_path(job_id)}/cancel", {"why": why}))

    async def once(self, method: str, path: str, body: object) -> Any:  # noqa: ANN401 - any JSON value
        """Call so that a repeat of a call whose answer was lost gets the first answer again."""
        return await self.call(method, path, body, headers={"Idempotency-Key": self.new_id()})

    async def listed(self, path: str, query: str = "") -> AsyncIterator[dict[str, Any]]:
        """Yield all items of a list, page by page."""
        cursor = ""
        while True:
            body = await self.call("GET", f"{path}?limit={PAGE}&{query}{cursor}")
            for item in body["items"]:
                yield item
            if body["next"] is None:
                return
            cursor = f"&cursor={part(str(body['next']))}"

    def new_id(self) -> str:
        """Return a new id, by which a call can be repeated."""
        return new_id(self._clock.now(), self._random)

    async def close(self) -> None:
        """Disconnect."""
        await self._transport.close()

    def _job(self, name: str, payload: bytes, options: JobOptions) -> dict[str, Any]:
        given = {name: getattr(options, name) for name in _SENT}
        job = {key: plain(key, value) for key, value in given.items() if value is not None}
        is_named = bool(job.keys() & {"id", "idempotency_key", "dedupe"})
        if options.after:
            job |= {"after": after_body(options.after), "unknown": options.unknown}
        if options.parent is not None:
            job["parent"] = options.parent.job_id
        if not is_named and options.parent is not None:
            [job["id"]] = options.parent.names(name, [payload_hash(payload)])
        elif not is_named:
            job["id"] = self.new_id()
        return {"definition": name, "payload": json.loads(payload), **job}

    async def call(
        self, method: str, path: str, body: object = None, *, headers: Mapping[str, str] | None = None
    ) -> Any:  # noqa: ANN401 - any JSON value
        """Call. Raises what the same act on a store would raise."""
        return await self._transport.call(method, path, body, headers=headers, wait_s=LONGEST_WAIT_S)


def part(name: str) -> str:
    """Return a name as a part of a path."""
    return quote(name, safe="")


def _path(job_id: str) -> str:
    return f"/jobs/{part(job_id)}"


def plain(name: str, value: object) -> object:
    """Return an option as JSON has it: durations as seconds, moments as texts, tags as a list."""
    if name == "retry":
        return plain_retry(cast("RetryOption", value))
    if isinstance(value, datetime):
        return moment_text(moment(value, what=name))
    if isinstance(value, timedelta):
        return micros(value, what=name) / MICROS
    return sorted(value) if isinstance(value, AbstractSet) else value
