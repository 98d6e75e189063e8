"""`beltline work`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from beltline.cli.command import Invocation, command, example, number_option, pass_invocation
from beltline.cli.faults import INTERRUPTED, fault_of
from beltline.config import Config
from beltline.core.errors import BeltlineError
from beltline.runtime.deaths import Life
from beltline.runtime.log import warn
from beltline.runtime.supervisor import Supervised, supervise


@command(
    "work",
    epilog=example(
        """
        beltline work app.py
        beltline work shop.jobs:belt --queues mails,images --concurrency 50 --processes 2
        beltline work train.py --resources cpu=8,memory=32Gi,gpu=1 --tags eu,ssd
        beltline work app.py --until-idle
        beltline work app.py --url https://jobs.example --api-key-file /run/secrets/beltline
        """
    ),
)
@click.argument("app")
@click.option("--queues", metavar="A,B", help="Take jobs of these queues only.")
@click.option("--concurrency", metavar="N", help="Jobs in flight in one process.  [default: 100]")
@click.option("--threads", metavar="N", help="Of those, how many may run in threads.  [default: 16]")
@number_option("--processes", least=1, most=256, default=1, text="Worker processes.")
@click.option(
    "--lease",
    metavar="TIME",
    help="A worker unseen for so long is lost; its jobs go on elsewhere.  [default: 15s]",
)
@click.option("--drain", metavar="TIME", help="How long a stopping worker lets jobs end.  [default: 30s]")
@click.option(
    "--name",
    metavar="NAME",
    help="What people call this worker; several may have one name.  [default: host and process id]",
)
@click.option(
    "--resources",
    metavar="KIND=N,…",
    help="What it has for jobs that ask: cpu=4,memory=8Gi,gpu=1; auto is what it detects; auto,gpu=1; none;"
    " everything.  [default: auto]",
)
@click.option("--tags", metavar="A,B", help="Tags that jobs may ask for: eu,ssd.")
@click.option(
    "--url",
    metavar="URL",
    help="Work for the service there in place of a store; BELTLINE_API_KEY holds its key.",
)
@click.option(
    "--api-key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file with the service's API key.",
)
@click.option("--until-idle", is_flag=True, help="End with exit code 0 once nothing due or running is left.")
@pass_invocation
def work(
    invocation: Invocation,
    /,
    app: str,
    *,
    processes: int,
    until_idle: bool,
    url: str | None,
    api_key_file: Path | None,
    **settings: str | None,
) -> int:
    """Run the jobs of APP until stopped.

    APP is module:object or a file, path/to/app.py, whose Beltline says which jobs there are. SIGTERM or
    Ctrl-C drains: no new jobs are taken, running ones may end, what does not end in time is given back,
    uncharged. A second Ctrl-C ends at once; others then take over, at the latest when the lease has passed.
    """
    if url is not None:
        invocation.store = url
    found = invocation.config(**settings)
    config = replace(found, worker=replace(found.worker, until_idle=until_idle, processes=processes))
    if api_key_file is not None:
        key = api_key_file.read_text("utf-8").strip()
        config = replace(config, store=replace(config.store, api_key=key))

    def start(supervised: Supervised) -> int:
        supervised.tell(processes)
        shown = until_idle and supervised.life.number == 0 and not invocation.json
        return _work(config, app, supervised.life, as_json=invocation.json, shown=shown)

    if invocation.supervised is not None:
        return start(invocation.supervised)
    return supervise(start, warn=warn)


def _work(config: Config, app: str, life: Life, *, as_json: bool, shown: bool) -> int:
    """Work in this process, `shown` with a bar of the jobs left.

    A refusal is told here, so that the supervisor does not start it again.
    """
    from beltline.app import run_worker
    from beltline.cli.progress import jobs_left
    from beltline.client.loading import load_app, store_of

    try:
        # The import is done once: the worker finds the module loaded.
        looked_at = replace(config, store=store_of(load_app(app), config.store))
        with jobs_left(looked_at, shown=shown and not looked_at.store.is_service):
            return run_worker(config, app, life)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BeltlineError as error:
        fault = fault_of(error)
        click.echo(fault.text(as_json=as_json), err=True)
        return fault.exit_code
