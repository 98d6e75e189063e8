"""`beltline dead-letters replay`, `discard` and `edit`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import IO, Any

import click

from beltline.cli.acting import act_on
from beltline.cli.choosing import Chosen, choosing_options, chosen, counted_letters, print_plan
from beltline.cli.command import Invocation, actor, command, example, pass_invocation, why_option
from beltline.cli.opened import with_store
from beltline.cli.output import note, print_json
from beltline.cli.replay_runs import begin_run
from beltline.cli.submit import payload_of
from beltline.core.errors import InvalidInput
from beltline.core.job import Job
from beltline.core.rate import rate_of
from beltline.engine import control, dead_letters
from beltline.engine.dead_letters import Plan
from beltline.store.contract import Store
from beltline.store.steps import Memory
from beltline.wire.masking import without_secrets
from beltline.wire.shapes import job_shape


@command(
    "replay",
    epilog=example(
        """
        beltline dead-letters replay 06f2k9… --why 'input repaired'
        beltline dead-letters replay --group 3f9a0c11d2be --dry-run
        beltline dead-letters replay --group 3f9a0c11d2be --rate 50/m --stop-on-same-error
        beltline dead-letters replay --all --queue images
        """
    ),
)
@click.argument("job_ids", metavar="[ID...]", nargs=-1)
@choosing_options
@click.option("--rate", metavar="N/UNIT", help="No faster than this, evenly: 50/m, 2/s, 1000/h.")
@click.option(
    "--stop-on-same-error",
    is_flag=True,
    help="With --rate: stop when a replayed job fails with the error that it had.",
)
@click.option("--detach", is_flag=True, help="Begin only; workers carry it on, `show-run` tells how far.")
@why_option
@pass_invocation
def replay(
    invocation: Invocation,
    /,
    job_ids: Sequence[str],
    *,
    dry_run: bool,
    rate: str | None,
    stop_on_same_error: bool,
    detach: bool,
    why: str,
    **choice: Any,
) -> int:
    """Put dead letters back into their queues: same id, all attempts anew.

    A group, or all that a filter leaves, is a replay run: kept in the store, carried on by any worker when
    this command ends early, listed by `runs`, ended by `cancel-run`. It means the letters that are there now;
    one that comes back is left alone. The exit code is 1 where it was stopped.
    """
    meant = chosen(job_ids, **choice)
    pace = None if rate is None else rate_of(rate, what="--rate")
    if meant.ids and (pace or stop_on_same_error or detach):
        raise click.UsageError("--rate, --stop-on-same-error and --detach go with --group or --all")
    if stop_on_same_error and pace is None:
        raise click.UsageError("--stop-on-same-error needs --rate, such as --rate 50/m")
    if dry_run:
        return _dry_run(invocation, meant, verb="replayed")
    if meant.ids:
        return act_on(invocation, meant.ids, control.replay, why)
    return begin_run(
        invocation, meant.where, rate=pace, stop_on_same_error=stop_on_same_error, detach=detach, why=why
    )


@command(
    "discard",
    epilog=example(
        """
        beltline dead-letters discard 06f2k9… --why 'customer is gone'
        beltline dead-letters discard --group 3f9a0c11d2be --yes --why 'test data'
        """
    ),
)
@click.argument("job_ids", metavar="[ID...]", nargs=-1)
@choosing_options
@click.option("--yes", is_flag=True, help="Discard a group or filter without asking.")
@why_option
@pass_invocation
def discard(
    invocation: Invocation,
    /,
    job_ids: Sequence[str],
    *,
    dry_run: bool,
    yes: bool,
    why: str,
    **choice: Any,
) -> int:
    """Hide dead letters, finally: they cannot be replayed any more."""
    meant = chosen(job_ids, **choice)
    if dry_run:
        return _dry_run(invocation, meant, verb="discarded")
    if meant.ids:
        return act_on(invocation, meant.ids, control.discard, why)
    plan = with_store(invocation, lambda store, namespace: dead_letters.plan(store, namespace, meant.where))
    _confirm(plan, yes=yes)
    who = actor()
    count = with_store(
        invocation,
        lambda store, namespace: dead_letters.discard_all(store, namespace, meant.where, actor=who, why=why),
    )
    if invocation.json:
        print_json({"discarded": count})
    else:
        click.echo(f"{counted_letters(count)} discarded")
    return 0


@command(
    "edit",
    epilog=example(
        """
        beltline dead-letters edit 06f2k9… '{"path": "cat.png"}' --dry-run
        beltline dead-letters edit 06f2k9… --payload-file mended.json --replay --why 'path repaired'
        """
    ),
)
@click.argument("job_id", metavar="ID")
@click.argument("payload", required=False)
@click.option("--payload-file", type=click.File("rb"), help="Read the payload from a file.")
@click.option("--replay", "replays", is_flag=True, help="Put it back into its queue at once.")
@click.option("--dry-run", is_flag=True, help="Check the payload, and change nothing.")
@why_option
@pass_invocation
def edit(
    invocation: Invocation,
    /,
    job_id: str,
    payload: str | None,
    *,
    payload_file: IO[bytes] | None,
    replays: bool,
    dry_run: bool,
    why: str,
) -> None:
    """Give a dead letter another PAYLOAD, a JSON object (- reads it from standard input).

    It must fit the definition's stored schema: else every fault is told and nothing is stored. Steps that the
    job has done stay done.
    """
    if (payload is None) == (payload_file is None):
        raise click.UsageError("give PAYLOAD or --payload-file")
    data = payload_of(payload, payload_file)
    who = actor()

    async def work(store: Store, namespace: str) -> tuple[Job, list[str]]:
        if dry_run:
            job = await dead_letters.check_payload(store, namespace, job_id, data)
        else:
            job = await dead_letters.edit(store, namespace, job_id, data, actor=who, why=why)
        if replays and not dry_run:
            job = await control.replay(store, namespace, job_id, actor=who, why=why)
        [job] = await without_secrets(store, namespace, [job])
        remembered = await store.steps.load(namespace, [job_id])
        return job, [row.name for row in remembered if row.kind is Memory.STEP]

    job, steps = with_store(invocation, work)
    if invocation.json:
        print_json({**job_shape(job), "dry_run": dry_run, "done_steps": steps})
        return
    if dry_run:
        click.echo(f"the payload fits {job.definition}; {job.id} would have it")
        note("nothing was changed")
    else:
        click.echo(f"{job.id} {job.state.value} ({job.reason.value}) with the new payload")
    if steps:
        note(f"steps done with the old payload are not done again: {', '.join(steps)}")


def _dry_run(invocation: Invocation, meant: Chosen, *, verb: str) -> int:
    async def work(store: Store, namespace: str) -> Plan:
        if meant.ids:
            return await dead_letters.plan_of(store, namespace, meant.ids)
        return await dead_letters.plan(store, namespace, meant.where)

    print_plan(with_store(invocation, work), as_json=invocation.json, verb=verb)
    return 0


def _confirm(plan: Plan, *, yes: bool) -> None:
    if yes or not plan.total:
        return
    if not sys.stdin.isatty():
        raise InvalidInput(
            f"{counted_letters(plan.total)} would be discarded, finally: look with --dry-run, then add --yes"
        )
    click.confirm(f"Discard {counted_letters(plan.total)}, finally?", abort=True, err=True)
