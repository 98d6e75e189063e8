"""`beltline submit`."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import IO, Any, Final, TypeVar

import click

from beltline.cli.command import Invocation, actor, command, example, labels_of, pass_invocation
from beltline.cli.faults import FAILED, OK, fault_of
from beltline.cli.output import note, print_json, print_list
from beltline.cli.text import clean
from beltline.cli.watching import watch_job
from beltline.client.beltline import Beltline
from beltline.core.durations import Duration, micros
from beltline.core.errors import JobFailed
from beltline.core.failure import read_failure
from beltline.core.job import Job
from beltline.core.needs import Amount
from beltline.core.states import JobState
from beltline.core.values import amounts_in
from beltline.definitions.after import After
from beltline.engine.submit import JobOptions
from beltline.wire.masking import without_secrets
from beltline.wire.shapes import job_shape

T = TypeVar("T")

FOREVER: Final = "forever"
PAGE: Final = 1_000


@command(
    "submit",
    epilog=example(
        """
        beltline submit thumbnail '{"path": "cat.png", "width": 512}' --wait=1m
        beltline submit report --payload-file report.json --key report-2026-11 --label month=2026-11
        produce | beltline submit thumbnail -
        beltline submit thumbnail --each paths.jsonl --queue bulk
        beltline submit train '{"epochs": 9}' --resources cpu=4,gpu=1 --tags eu
        beltline submit report --after 06f2k9… --after 06f2m1… --when finished
        """
    ),
)
@click.argument("name")
@click.argument("payload", required=False)
@click.option("--payload-file", type=click.File("rb"), help="Read the payload from a file.")
@click.option(
    "--each", type=click.File("rb"), help="Submit one job for each line of a JSON Lines file; all or none."
)
@click.option("--app", metavar="APP", help="Take the definition from this app instead of the store.")
@click.option("--id", "id", metavar="ID", help="The job's id; the same id again means the same job.")
@click.option(
    "--key", "idempotency_key", metavar="KEY", help="Idempotency key: the same key again means the same job."
)
@click.option("--dedupe", type=click.Choice(["content"]), help="The same payload again means the same job.")
@click.option("--delay", metavar="TIME", help="Run after so long: 90s, 1h30m.")
@click.option("--run-at", metavar="WHEN", help="Run at this moment: 2026-11-22T15:04:05+00:00.")
@click.option("--after", multiple=True, metavar="ID", help="Run after this job has ended; may be repeated.")
@click.option(
    "--when",
    default="succeeded",
    metavar="END",
    help="How those must have ended: succeeded, failed, cancelled or finished, several with commas.",
)
@click.option(
    "--otherwise",
    type=click.Choice(["cancel", "fail", "run"]),
    default="cancel",
    help="What becomes of this job where one ends otherwise.",
)
@click.option(
    "--unknown",
    type=click.Choice(["wait", "satisfied", "refuse"]),
    default="wait",
    help="What an id means that no job has.",
)
@click.option("--priority", type=int, help="-1000 to 1000, higher is sooner.")
@click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help="A label; may be repeated.")
@click.option("--queue", metavar="NAME", help="The queue, if not the definition's.")
@click.option("--deadline", metavar="TIME|WHEN", help="To be done by then, or it ends timed out.")
@click.option("--expires", metavar="TIME|WHEN", help="To be started by then, or it ends cancelled.")
@click.option("--timeout", metavar="TIME", help="How long one attempt may run.")
@click.option("--max-attempts", type=int, metavar="N", help="How often it may be tried.")
@click.option(
    "--retry",
    metavar="FIELD=…,…",
    help="How it is tried again, if not as its definition says: max_attempts=3,backoff=fixed,base=5s.",
)
@click.option(
    "--resources",
    metavar="KIND=N,…",
    help="What its worker must have free, if not the definition's: cpu=2,memory=512Mi.",
)
@click.option("--tags", metavar="A,B", help="Tags that its worker must have, if not the definition's.")
@click.option(
    "--pinned/--following",
    default=None,
    help="Run it only where this version of the code is, or wherever its definition is.",
)
@click.option(
    "--wait",
    metavar="[TIME]",
    is_flag=False,
    flag_value=FOREVER,
    help="Wait for the end and print the result.",
)
@pass_invocation
def submit(
    invocation: Invocation,
    /,
    name: str,
    payload: str | None,
    *,
    payload_file: IO[bytes] | None,
    each: IO[bytes] | None,
    app: str | None,
    wait: str | None,
    **given: Any,
) -> int:
    """Submit a job of the definition NAME with PAYLOAD, a JSON object (- reads it from standard input).

    Prints the id of the job; with --wait its result, and the exit code is 1 where it did not succeed.
    """
    if (payload is not None) + (payload_file is not None) + (each is not None) > 1:
        raise click.UsageError("give one of PAYLOAD, --payload-file and --each")
    options = _options(**given)
    if each is not None:
        return _submit_each(invocation, name, each, options, app=app, wait=wait)
    timeout_us = None if wait in {None, FOREVER} else micros(_duration(wait or ""), what="--wait")
    data = payload_of(payload, payload_file)

    async def work(belt: Beltline) -> Job:
        reference = await belt.submit(name, data, options=options)
        [job] = await without_secrets(belt.store, belt.namespace, [await reference.job()])
        _tell(invocation, job, existing=reference.existing, waits=wait is not None)
        if wait is None:
            return job
        await watch_job(belt.store, belt.namespace, job.id, timeout_us=timeout_us, changed=_ignore)
        # The result is what was asked for: whoever submits a job may have it whole.
        return (await belt.get(job.id))._replace(payload=job.payload)

    job = _with_client(invocation, app, work)
    return OK if wait is None else _ended(invocation, job)


def _submit_each(
    invocation: Invocation,
    name: str,
    lines: IO[bytes],
    options: JobOptions,
    *,
    app: str | None,
    wait: str | None,
) -> int:
    from beltline.cli.bulk import submit_lines

    if wait is not None or options.id is not None or options.idempotency_key is not None:
        raise click.UsageError("--each goes with none of --wait, --id and --key")
    payloads = lines.read().splitlines()

    async def work(belt: Beltline) -> Sequence[str]:
        return await submit_lines(belt, name, payloads, options, shown=not invocation.json)

    ids = _with_client(invocation, app, work)
    if invocation.json:
        print_list([{"id": job_id} for job_id in ids])
    else:
        click.echo("\n".join(ids))
        note(f"{len(ids):,} jobs submitted")
    return OK


def _with_client(invocation: Invocation, app: str | None, work: Callable[[Beltline], Awaitable[T]]) -> T:
    """Open a client on the store, with the definitions of the app where one is given."""
    config = invocation.config()
    store = config.store
    registry = None
    if app is not None:
        from beltline.client.loading import load_app, store_of

        found = load_app(app)
        store, registry = store_of(found, store), found.registry

    async def run() -> T:
        belt = Beltline(store.url, namespace=store.namespace, objects=config.objects)
        if registry is not None:
            belt.registry = registry
        async with belt:
            return await work(belt)

    return asyncio.run(run())


def payload_of(text: str | None, file: IO[bytes] | None) -> bytes:
    """Return the bytes of a payload that is given as an argument (- reads standard input) or as a file."""
    if file is not None:
        return file.read()
    if text == "-":
        return sys.stdin.buffer.read()
    # An argument with bytes that are not UTF-8 is refused by the parser, which says so best.
    return b"{}" if text is None else text.encode("utf-8", "surrogateescape")


def _options(
    *,
    labels: Sequence[str],
    delay: str | None,
    timeout: str | None,
    deadline: str | None,
    expires: str | None,
    retry: str | None,
    resources: str | None,
    tags: str | None,
    after: Sequence[str],
    when: str,
    otherwise: str,
    **given: Any,
) -> JobOptions:
    return JobOptions(
        labels=labels_of(labels),
        delay=None if delay is None else _duration(delay),
        timeout=None if timeout is None else _duration(timeout),
        deadline=None if deadline is None else _duration(deadline),
        expires=None if expires is None else _duration(expires),
        retry=None if retry is None else _retry(retry),
        resources=None if resources is None else _resources(resources),
        tags=None if tags is None else [tag.strip() for tag in tags.split(",") if tag.strip()],
        actor=actor(),
        after=[After(each, when=when.split(","), otherwise=otherwise) for each in after],
        **given,
    )


def _retry(text: str) -> dict[str, int | str]:
    """Read fields with commas between; what they may be is said where options are checked."""
    pairs = [part.partition("=")[::2] for part in text.split(",")]
    return {name.strip(): int(value) if value.isdecimal() else value.strip() for name, value in pairs}


def _resources(text: str) -> dict[str, Amount]:
    try:
        return amounts_in(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--resources") from error


def _duration(text: str) -> Duration:
    """Seconds may stand without a unit."""
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else text


def _tell(invocation: Invocation, job: Job, *, existing: bool | None, waits: bool) -> None:
    if not invocation.json:
        if waits or existing:
            note(f"job {job.id} {'exists already and is' if existing else 'is'} {job.state.value}")
        if not waits:
            click.echo(job.id)
    elif not waits:
        print_json({**job_shape(job), "existing": existing})


def _ended(invocation: Invocation, job: Job) -> int:
    if invocation.json:
        print_json(job_shape(job))
    elif job.state is JobState.SUCCEEDED:
        click.echo(clean((job.result or b"null").decode()))
    if job.state is JobState.SUCCEEDED:
        return OK
    error = read_failure(job.error)
    text = f"{error['type']}: {error['message']}" if error else ""
    fault = fault_of(JobFailed(job.id, job.state.value, job.reason.value, text))
    click.echo(fault.text(as_json=invocation.json), err=True)
    return FAILED


def _ignore(_: Job, __: int) -> None:
    return
