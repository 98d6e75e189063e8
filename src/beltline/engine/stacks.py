"""Asking for the stack of a running body."""

from __future__ import annotations

import asyncio
from typing import Final

from beltline.core.clock import MICROS
from beltline.core.errors import InvalidTransition, ResultTimeout
from beltline.core.states import JobState
from beltline.engine.control import fetch
from beltline.store.contract import Store

_LOOK_S: Final = 0.1


async def stack_of(store: Store, namespace: str, job_id: str, *, timeout_us: int) -> str:
    """Ask the worker that runs a job for the body's stack, and wait for it.

    Raises InvalidTransition where the job does not run, or ends before the answer; NotFound; ResultTimeout.
    """
    job = await fetch(store, namespace, job_id)
    if job.state is not JobState.RUNNING:
        raise InvalidTransition(job_id=job_id, state=job.state.value, event="stack")
    await store.stacks.ask(namespace, job_id, job.fence, store.now())
    until = store.now() + timeout_us
    while (stack := await store.stacks.read(namespace, job_id, job.fence)) is None:
        now = await fetch(store, namespace, job_id)
        if now.fence != job.fence or now.state is not JobState.RUNNING:
            raise InvalidTransition(job_id=job_id, state=now.state.value, event="stack")
        if store.now() >= until:
            raise ResultTimeout(
                f"the worker of job {job_id} told no stack within {timeout_us / MICROS:g} s;"
                " is it alive? see `beltline jobs show`"
            )
        await asyncio.sleep(_LOOK_S)
    return stack
