"""The open client: what handles and references act through while a Beltline is open."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Sequence
from random import SystemRandom
from typing import Any, NamedTuple, TypeVar

from beltline.client.draws import Draws
from beltline.client.parts import JobParts, StoreParts
from beltline.client.portal import Portal, call_from_thread, run_apart
from beltline.client.reference import JobReference
from beltline.client.remote import Remote
from beltline.client.submitter import Submitter
from beltline.client.waiter import Waiter
from beltline.config import LARGEST_OBJECT
from beltline.core.codec import PAYLOAD_LIMIT
from beltline.core.errors import NotOpen, Unsupported
from beltline.core.ids import Random
from beltline.core.job import Job, NewJob
from beltline.definitions.definition import JobDefinition
from beltline.definitions.port import ContextPort, Through
from beltline.definitions.result import ResultType
from beltline.engine import control
from beltline.engine.after import require_namespace
from beltline.engine.carried import options_text
from beltline.engine.objects import is_large, kept, payload_limit, whole, whole_bytes
from beltline.engine.submit import JobOptions, accepted, new_job, new_jobs, waits_for
from beltline.engine.template import Template, template_of
from beltline.objects.reference import is_reference
from beltline.store.batches import Family
from beltline.store.contract import Store
from beltline.store.params import Finished, Inserted, Insertion, InsertJobs

T = TypeVar("T")


class Attachment(NamedTuple):
    """What a port acts through: a namespace, the source of ids, and the open store with its event loop."""

    namespace: str
    random: Random
    opened: tuple[Store, Submitter, Waiter] | None
    loop: asyncio.AbstractEventLoop | None


class ClientPort:
    """Submits and waits through the store it was given; refuses with NotOpen while it has none."""

    def __init__(self) -> None:
        self.namespace = ""
        self.portal = Portal()
        self._random: Random = Draws()
        self._opened: tuple[Store, Submitter, Waiter] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._templates: dict[str, Template] = {}
        self._process = os.getpid()
        self._of_parent: list[object] = []
        # A service in place of a store; set by whoever opens and closes it.
        self.remote: Remote | None = None
        self.through = Through()

    def attach(self, store: Store, namespace: str, randomness: Random | None = None) -> Attachment:
        """Use this open store, on the running event loop, from now on; `randomness` makes the ids.

        Returns what was used before, for `detach`.
        """
        self._leave_to_parent()
        before = Attachment(self.namespace, self._random, self._opened, self._loop)
        self.namespace = namespace
        self._random = randomness or Draws()
        self._loop = asyncio.get_running_loop()
        self._opened = (store, Submitter(store, namespace), Waiter(store, namespace))
        return before

    async def detach(self, before: Attachment | None = None) -> Store | None:
        """Finish what is on its way; return the store that was used, still open.

        Then use again what was used before its `attach`, where that is given.
        """
        self._leave_to_parent()
        opened, self._opened, self._loop = self._opened, None, None
        if opened is not None:
            _, submitter, waiter = opened
            await submitter.close()
            await waiter.close()
        if before is not None:
            self.namespace, self._random, self._opened, self._loop = before
        return None if opened is None else opened[0]

    def is_open(self) -> bool:
        """Return whether there is a service, or a store that was opened in this process."""
        return self.remote is not None or (self._opened is not None and self._process == os.getpid())

    @property
    def opened(self) -> tuple[Store, Submitter, Waiter]:
        """The store and what works on it. Raises NotOpen, and Unsupported where a service is in its place."""
        if self.remote is not None:
            raise Unsupported("this Beltline is open on a service's URL, and has no store of its own")
        if self._opened is None:
            raise NotOpen(
                "this Beltline is not open: use `async with belt:` around the work, or await belt.open()"
            )
        self._require_process()
        return self._opened

    @property
    def store(self) -> Store:
        """The store. Raises NotOpen."""
        return self.opened[0]

    @property
    def parts(self) -> JobParts:
        """Where attempts, logs and artifacts of jobs are read. Raises NotOpen."""
        return StoreParts(self.store, self.namespace) if self.remote is None else self.remote.parts

    @property
    def random(self) -> Random:
        """Where ids come from."""
        return self._random

    @property
    def payload_limit(self) -> int:
        """How many bytes a payload may have: where nothing is open, what every store takes."""
        if self.remote is not None:
            return LARGEST_OBJECT
        return PAYLOAD_LIMIT if self._opened is None else payload_limit(self._opened[0])

    async def submit_payload(
        self, definition: JobDefinition, payload: bytes, options: JobOptions, conn: object
    ) -> JobReference[Any]:
        """Store one validated payload."""
        return await self.submit(self._template(definition), payload, options, definition.result, conn)

    async def submit_payloads(
        self, definition: JobDefinition, payloads: Sequence[bytes], options: JobOptions, conn: object
    ) -> list[JobReference[Any]]:
        """Store validated payloads, all or none."""
        return await self.submit_all(self._template(definition), payloads, options, definition.result, conn)

    async def submit_all(
        self,
        template: Template,
        payloads: Sequence[bytes],
        options: JobOptions,
        result: ResultType,
        conn: object = None,
    ) -> list[JobReference[Any]]:
        """Store jobs made from a template, all or none."""
        if self.remote is not None:
            _require_no_connection(conn)
            require_namespace(options.after, self.namespace)
            stored = await self.remote.submit(template.name, payloads, options)
            return [self._reference(answer, result) for answer in stored]
        if self._way is not None and conn is None:
            stored_ids = await asyncio.wrap_future(
                self._way.submit(template.name, options_text(options), payloads)
            )
            return [JobReference(job_id, was_there, self, result) for job_id, was_there in stored_ids]
        store, submitter, _ = self.opened
        now = store.now()
        # Beside a connection this runs on the caller's thread, and there may be several.
        source = SystemRandom() if conn is not None and isinstance(self._random, Draws) else self._random
        jobs = new_jobs(template, payloads, options, now=now, random=source)
        require_namespace(options.after, self.namespace)
        if conn is None:
            answers = await self._submitted(submitter, jobs, options)
        else:
            jobs = list(await kept(store, self.namespace, jobs))
            params = InsertJobs(
                namespace=self.namespace,
                jobs=jobs,
                now=now,
                waits=waits_for(options, jobs),
                family=None if options.parent is None else Family(parent=options.parent.job_id),
            )
            answers = await store.jobs.insert_with(conn, params)
        for job, answer in zip(jobs, answers, strict=True):
            accepted(job, answer)
        return [self._reference(answer, result) for answer in answers]

    async def submit(
        self, template: Template, payload: bytes, options: JobOptions, result: ResultType, conn: object = None
    ) -> JobReference[Any]:
        """Store one job made from a template."""
        is_plain = conn is None and self.remote is None and self._way is None
        if not is_plain or options.after or options.parent:
            [reference] = await self.submit_all(template, [payload], options, result, conn)
            return reference
        store, submitter, _ = self.opened
        job = new_job(template, payload, options, now=store.now(), random=self._random)
        # Before the job joins a batch: what happens to this object must not touch the other jobs of it.
        if is_large(store, payload):
            [job] = await kept(store, self.namespace, [job])
        answer = await submitter.submit(job)
        accepted(job, answer)
        return self._reference(answer, result)

    async def _submitted(
        self, submitter: Submitter, jobs: Sequence[NewJob], options: JobOptions
    ) -> list[Inserted]:
        parent = options.parent
        if parent is None:
            return await submitter.submit_many(jobs, waits_for(options, jobs))
        try:
            family = Family(parent=parent.job_id)
            return await submitter.submit_many(jobs, waits_for(options, jobs), family)
        except BaseException:
            parent.take_back([(job.definition, job.payload_hash) for job in jobs])
            raise

    async def wait_for(self, job_id: str, timeout_us: int | None) -> Finished | None:
        """Return how a job ended; None after the time-out."""
        if self.remote is not None:
            return await self.remote.wait(job_id, timeout_us)
        store, _, waiter = self.opened
        if timeout_us == 0:
            ended = next(iter(await store.reads.finished(self.namespace, [job_id])), None)
        else:
            ended = await waiter.wait(job_id, timeout_us)
        if ended is not None and ended.result is not None and is_reference(ended.result):
            return ended._replace(result=await whole_bytes(store, ended.result))
        return ended

    async def require(self, job_id: str) -> None:
        """Raise NotFound where there is no such job."""
        if self.remote is not None:
            await self.remote.get(job_id)
            return
        await control.fetch(self.opened[0], self.namespace, job_id)

    async def get(self, job_id: str) -> Job:
        """Return a job as it stands, with all of its payload and result. Raises NotFound, ObjectsError."""
        if self.remote is not None:
            return await self.remote.get(job_id)
        store = self.opened[0]
        return await whole(store, await control.fetch(store, self.namespace, job_id))

    async def cancel(self, job_id: str, *, why: str = "") -> Job:
        """Cancel a job. Raises NotFound, InvalidTransition."""
        if self.remote is not None:
            return await self.remote.cancel(job_id, why)
        return await control.cancel(self.opened[0], self.namespace, job_id, actor="client", why=why)

    def run_sync(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine function from synchronous code, on the event loop that the store was opened on.

        A job's body in a thread submits so too: its worker's loop is the one. Raises Unsupported on an event
        loop.
        """
        self._require_process()
        if self._way is not None:
            return run_apart(call)
        return call_from_thread(self._loop if self.remote is None else self.remote.loop, call)

    @property
    def _way(self) -> ContextPort | None:
        """The body that runs in this process, where nothing is open here."""
        return None if self.is_open() else self.through.port

    def _require_process(self) -> None:
        if self._opened is not None and self._process != os.getpid():
            raise NotOpen(
                "this Beltline was opened before the process forked, and its connections and threads stayed"
                " with the parent: open it in each process, after the fork"
            )

    def _leave_to_parent(self) -> None:
        """Neither use nor close what was opened before a fork: the parent has the same connections."""
        if self._process != os.getpid():
            self._of_parent += [self._opened, self._loop]
            self._opened = self._loop = None
            self._process = os.getpid()

    def _reference(self, answer: Inserted, result: ResultType) -> JobReference[Any]:
        return JobReference(answer.id, answer.outcome is Insertion.EXISTING, self, result)

    def _template(self, definition: JobDefinition) -> Template:
        found = self._templates.get(definition.name)
        if found is None:
            found = self._templates[definition.name] = template_of(definition)
        return found


def _require_no_connection(conn: object) -> None:
    if conn is not None:
        raise Unsupported("`conn=` joins a transaction of the store's database: a service's URL has none")
