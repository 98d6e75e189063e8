"""Doing one thing to several jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Final, Protocol

import click

from beltline.cli.command import Invocation, actor
from beltline.cli.faults import OK, fault_of
from beltline.cli.opened import with_store
from beltline.cli.output import print_list
from beltline.cli.progress import bar
from beltline.core.errors import BeltlineError
from beltline.core.job import Job
from beltline.store.contract import Store
from beltline.wire.masking import without_secrets
from beltline.wire.shapes import job_shape

AT_ONCE: Final = 32


class Verb(Protocol):
    """An action of the engine on one job."""

    def __call__(self, store: Store, namespace: str, job_id: str, *, actor: str, why: str) -> Awaitable[Job]:
        """Act, and return the job as it stands then."""
        ...


def act_on(invocation: Invocation, job_ids: Sequence[str], verb: Verb, why: str) -> int:
    """Do it to each job, whatever befalls others, and tell each; return the exit code of the first error."""
    ids = list(dict.fromkeys(job_ids))
    who = actor()

    async def act(store: Store, namespace: str) -> list[Job | BeltlineError]:
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(job_id: str) -> Job | BeltlineError:
            async with slots:
                try:
                    done = await verb(store, namespace, job_id, actor=who, why=why)
                    return (await without_secrets(store, namespace, [done]))[0] if invocation.json else done
                except BeltlineError as error:
                    return error

        with bar("jobs", len(ids), shown=len(ids) > AT_ONCE and not invocation.json) as progress:
            doing = [asyncio.ensure_future(one(job_id)) for job_id in ids]
            for number, done in enumerate(asyncio.as_completed(doing), 1):
                await done
                progress.at(number)
        return [each.result() for each in doing]

    outcomes = with_store(invocation, act)
    if invocation.json:
        print_list([job_shape(job) for job in outcomes if isinstance(job, Job)])
    code = OK
    for job_id, outcome in zip(ids, outcomes, strict=True):
        if isinstance(outcome, Job):
            if not invocation.json:
                click.echo(_told(outcome))
            continue
        fault = fault_of(outcome, id=job_id)
        click.echo(fault.text(as_json=invocation.json), err=True)
        code = code or fault.exit_code
    return code


def _told(job: Job) -> str:
    asked = f", {job.request} requested" if job.request else ""
    return f"{job.id} {job.state.value} ({job.reason.value}{asked})"
