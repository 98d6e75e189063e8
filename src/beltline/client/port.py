"""The open client: what handles and references act through while a Beltline is open."""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from beltline.client.portal import Portal
from beltline.client.reference import JobReference
from beltline.client.submitter import Submitter
from beltline.client.waiter import Waiter
from beltline.core.errors import NotOpen
from beltline.core.ids import Random
from beltline.core.job import Job
from beltline.definitions.definition import JobDefinition
from beltline.definitions.payload import ResultType
from beltline.engine import control
from beltline.engine.submit import JobOptions, accepted, new_job
from beltline.engine.template import Template, template_of
from beltline.store.contract import Store
from beltline.store.params import Finished, Inserted, Insertion, InsertJobs

T = TypeVar("T")


class ClientPort:
    """Submits and waits through the store it was given; refuses with NotOpen while it has none."""

    def __init__(self, namespace: str, randomness: Random | None = None) -> None:
        self.namespace = namespace
        self.portal = Portal()
        self._random = randomness or random.SystemRandom()
        self._opened: tuple[Store, Submitter, Waiter] | None = None
        self._templates: dict[str, Template] = {}

    def attach(self, store: Store) -> None:
        """Use this open store from now on."""
        self._opened = (store, Submitter(store, self.namespace), Waiter(store, self.namespace))

    async def detach(self) -> None:
        """Finish what is on its way and close the store."""
        opened, self._opened = self._opened, None
        if opened is not None:
            store, submitter, waiter = opened
            await submitter.close()
            await waiter.close()
            await store.close()

    @property
    def opened(self) -> tuple[Store, Submitter, Waiter]:
        """The store and what works on it. Raises NotOpen."""
        if self._opened is None:
            raise NotOpen(
                "this Beltline is not open: use `async with belt:` around the work, or await belt.open()"
            )
        return self._opened

    async def submit_payload(
        self, definition: JobDefinition, payload: bytes, options: JobOptions, conn: object
    ) -> JobReference[Any]:
        """Store one validated payload."""
        return await self.submit(self._template(definition), payload, options, definition.result, conn)

    async def submit_payloads(
        self, definition: JobDefinition, payloads: Sequence[bytes], options: JobOptions, conn: object
    ) -> list[JobReference[Any]]:
        """Store validated payloads, all or none."""
        store, submitter, _ = self.opened
        template = self._template(definition)
        now = store.now()
        jobs = [new_job(template, payload, options, now=now, random=self._random) for payload in payloads]
        if conn is None:
            answers = await submitter.submit_many(jobs)
        else:
            params = InsertJobs(namespace=self.namespace, jobs=jobs, now=now)
            answers = await store.jobs.insert_with(conn, params)
        for job, answer in zip(jobs, answers, strict=True):
            accepted(job, answer)
        return [self._reference(answer, definition.result) for answer in answers]

    async def submit(
        self, template: Template, payload: bytes, options: JobOptions, result: ResultType, conn: object = None
    ) -> JobReference[Any]:
        """Store one job made from a template."""
        store, submitter, _ = self.opened
        job = new_job(template, payload, options, now=store.now(), random=self._random)
        if conn is None:
            answer = await submitter.submit(job)
        else:
            params = InsertJobs(namespace=self.namespace, jobs=[job], now=store.now())
            [answer] = await store.jobs.insert_with(conn, params)
        accepted(job, answer)
        return self._reference(answer, result)

    async def wait_for(self, job_id: str, timeout_us: int | None) -> Finished | None:
        """Return how a job ended; None after the time-out."""
        return await self.opened[2].wait(job_id, timeout_us)

    async def get(self, job_id: str) -> Job:
        """Return a job as it stands. Raises NotFound."""
        return await control.fetch(self.opened[0], self.namespace, job_id)

    async def cancel(self, job_id: str, *, why: str = "") -> Job:
        """Cancel a job. Raises NotFound, InvalidTransition."""
        return await control.cancel(self.opened[0], self.namespace, job_id, actor="client", why=why)

    def run_sync(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine function from synchronous code."""
        return self.portal.call(call)

    def _reference(self, answer: Inserted, result: ResultType) -> JobReference[Any]:
        return JobReference(answer.id, answer.outcome is Insertion.EXISTING, self, result)

    def _template(self, definition: JobDefinition) -> Template:
        found = self._templates.get(definition.name)
        if found is None:
            found = self._templates[definition.name] = template_of(definition)
        return found
