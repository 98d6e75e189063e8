"""Stores the jobs that bodies in other processes submit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

from beltline.core.ids import Random
from beltline.definitions.children import Brood
from beltline.definitions.registry import Registry
from beltline.engine.carried import options_of
from beltline.engine.definitions import stored_definition
from beltline.engine.submit import JobOptions, accepted, insert, new_jobs, waits_for
from beltline.engine.template import stored_template, template_of
from beltline.runtime.run import Run
from beltline.store.batches import Family
from beltline.store.contract import Store
from beltline.store.params import Inserted, Insertion


class Submits(Protocol):
    """Stores jobs of one definition, all or none."""

    async def __call__(self, name: str, payloads: Sequence[bytes], options: JobOptions, /) -> list[Inserted]:
        """Store them. Raises what a submit raises; the parent has then taken the names back."""
        ...


class Offspring:
    """Submits for runs whose bodies have no store: as a handle would in this process.

    Children are named by what they are, per run: the worker keeps count of those that are alike.
    """

    def __init__(self, submits: Submits) -> None:
        self._submits = submits

    def submit(
        self, run: Run, definition: str, options: str, payloads: Sequence[bytes]
    ) -> Future[list[tuple[str, bool]]]:
        """Begin to store jobs; the future has each id, and whether the job was there."""
        work = self._submit(run, definition, options, payloads)
        return asyncio.run_coroutine_threadsafe(work, asyncio.get_running_loop())

    async def _submit(
        self, run: Run, name: str, text: str, payloads: Sequence[bytes]
    ) -> list[tuple[str, bool]]:
        if run.brood is None:
            run.brood = Brood(run.job.id, run.job.run, run.job.correlation_id)
        answers = await self._submits(name, payloads, options_of(text, run.brood))
        return [(answer.id, answer.outcome is Insertion.EXISTING) for answer in answers]


class AtStore:
    """Stores jobs where a worker has the store itself."""

    def __init__(self, store: Store, namespace: str, registry: Registry, *, random: Random) -> None:
        self._store = store
        self._namespace = namespace
        self._registry = registry
        self._random = random

    async def __call__(self, name: str, payloads: Sequence[bytes], options: JobOptions, /) -> list[Inserted]:
        """Store them, as the app's own code defines them, or as the store knows their definition."""
        store, namespace, known = self._store, self._namespace, self._registry.get(name)
        if known is None:
            template = stored_template(await stored_definition(store, namespace, name))
        else:
            template = template_of(known)
        jobs = new_jobs(template, payloads, options, now=store.now(), random=self._random)
        family = None if options.parent is None else Family(parent=options.parent.job_id)
        try:
            waits = waits_for(options, jobs)
            answers = await insert(store, namespace, jobs, all_or_none=True, waits=waits, family=family)
        except BaseException:
            if options.parent is not None:
                options.parent.take_back([(job.definition, job.payload_hash) for job in jobs])
            raise
        return [
            Inserted(accepted(job, answer), answer.outcome) for job, answer in zip(jobs, answers, strict=True)
        ]
