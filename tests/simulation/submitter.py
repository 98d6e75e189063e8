"""Actors that submit: programs that repeat a submit whose answer they did not get."""

from __future__ import annotations

import json
from collections.abc import Coroutine
from typing import Final

from beltline.core.errors import IdReused, KeyReused, StoreError
from beltline.core.job import NewJob
from beltline.engine.submit import JobOptions, accepted, insert, new_job
from beltline.engine.template import Template
from tests.simulation.world import DEFINITIONS, NAMESPACE, World

JOBS_EACH: Final = 8
_KEYS: Final = 4


class Submitter:
    """Submits a list of orders.

    The list is durable, as in a program's own table: a crashed submitter goes on with it.
    """

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name
        self._left = JOBS_EACH
        world.submitting += 1

    def start(self, _: int) -> list[Coroutine[None, None, None]]:
        return [self._submit_all()]

    async def _submit_all(self) -> None:
        while self._left:
            await self._submit(self._orders(1 + self._world.below(3)))
            self._left = max(0, self._left - 1)
        self._world.submitting -= 1

    async def _submit(self, jobs: list[NewJob]) -> None:
        """Repeat the very same submit until it is answered: a key or a chosen id makes it one job."""
        world = self._world
        for job in jobs:
            world.attempted[job.id] = job
        for _ in range(20):
            try:
                answers = await insert(world.store, NAMESPACE, jobs, all_or_none=False)
            except StoreError:
                if all(job.idempotency_key or job.chosen_id for job in jobs):
                    continue
                return
            break
        else:
            return
        for job, answer in zip(jobs, answers, strict=True):
            try:
                job_id = accepted(job, answer)
            except (KeyReused, IdReused):
                continue
            world.acknowledged.add(job_id)
            if job.idempotency_key:
                world.keys.setdefault((job.definition, job.idempotency_key), set()).add(job_id)

    def _orders(self, count: int) -> list[NewJob]:
        return [self._order() for _ in range(count)]

    def _order(self) -> NewJob:
        world = self._world
        name = DEFINITIONS[world.below(len(DEFINITIONS))]
        template = Template(name, "1", name, max_attempts=1 + world.below(3))
        payload = json.dumps({"n": world.below(2)}).encode()
        kind = world.below(8)
        options = JobOptions(priority=world.below(3))
        if kind in {0, 1}:
            options = JobOptions(idempotency_key=f"order-{world.below(_KEYS)}")
        elif kind == 2:
            options = JobOptions(id=f"{self._name}-{self._left}-{world.below(3)}")
        elif kind == 3:
            options = JobOptions(delay=float(world.below(20)))
        elif kind == 4:
            options = JobOptions(deadline=5.0 + world.below(60))
        elif kind == 5:
            options = JobOptions(expires=5.0 + world.below(60))
        elif kind == 6 and world.has_needs:
            options = JobOptions(resources={"cpu": 1 + world.below(2)}, pinned=world.chance(0.5))
        return new_job(template, payload, options, now=world.store.now(), random=world.random)
