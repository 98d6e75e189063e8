"""`beltline bench`."""

from __future__ import annotations

import asyncio
import sys
from typing import Final

import click

from beltline.cli.command import Invocation, command, example, number_option, pass_invocation
from beltline.cli.output import note, print_json, print_table
from beltline.cli.progress import bar

SMALL: Final = 100


@command(
    "bench",
    epilog=example(
        """
        beltline bench --store sqlite:////tmp/bench.db --jobs 20000
        beltline bench --store postgresql://me@localhost/bench --jobs 20000 --json
        beltline bench --store sqlite:////tmp/bench.db --schedules 10000
        beltline bench --url http://127.0.0.1:8000/api/v1/namespaces/bench --jobs 20000
        beltline bench --store sqlite:////tmp/bench.db --chain 1000 --fan 10000 --tree 100000
        """
    ),
)
@number_option("--jobs", least=100, most=10_000_000, default=20_000, text="How many jobs to drain.")
@number_option("--concurrency", least=1, most=10_000, default=2_000, text="Jobs in flight in the worker.")
@number_option(
    "--queued", least=0, most=10_000_000, default=0, text="Also drain in front of so many queued jobs."
)
@number_option("--kept", least=0, most=10_000_000, default=0, text="Also drain after so many finished jobs.")
@number_option(
    "--schedules",
    least=0,
    most=100_000,
    default=0,
    text="Measure schedules instead: what so many cost, and how soon after its tick a job starts.",
)
@click.option(
    "--url",
    metavar="URL",
    help="Measure a running service: a namespace's address; BELTLINE_API_KEY holds an admin's key.",
)
@number_option(
    "--chain",
    least=0,
    most=100_000,
    default=0,
    text="Measure instead what each link of such a chain of dependent jobs adds.",
)
@number_option(
    "--fan",
    least=0,
    most=10_000,
    default=0,
    text="Measure instead a job, so many that wait for it, and one that waits for all.",
)
@number_option(
    "--tree",
    least=0,
    most=10_000_000,
    default=0,
    text="Measure instead a batch that splits itself into so many items.",
)
@pass_invocation
def bench(
    invocation: Invocation,
    *,
    jobs: int,
    concurrency: int,
    queued: int,
    kept: int,
    schedules: int,
    url: str | None,
    chain: int,
    fan: int,
    tree: int,
) -> None:
    """Measure submit, drain and pick-up, beside the raw yardstick.

    The jobs go into a new namespace of the store and stay there; do not run it beside work that matters.
    """
    with bar("starting", None, shown=not invocation.json) as progress:
        say = progress.say if sys.stderr.isatty() and not invocation.json else note
        if url is not None:
            from beltline.proof.rest import run_rest_bench

            figures = run_rest_bench(url, invocation.env.get("BELTLINE_API_KEY", ""), jobs, say=say)
        elif schedules:
            from beltline.proof.ticks import run_tick_bench

            figures = run_tick_bench(invocation.config().store.url, schedules, say=say)
        elif chain or fan or tree:
            from beltline.proof.links import measure_links

            store = invocation.config().store.url
            linked = measure_links(store, chain=chain, fan=fan, tree=tree, concurrency=concurrency, say=say)
            figures = asyncio.run(linked)
        else:
            from beltline.proof.bench import run_bench

            store = invocation.config().store.url
            figures = run_bench(store, jobs, concurrency=concurrency, queued=queued, kept=kept, say=say)
    if invocation.json:
        print_json(figures)
    else:
        print_table(["figure", "value"], [(name, _shown(value)) for name, value in figures.items()])


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "  ".join(f"{name} {_shown(part)}" for name, part in value.items())
    if isinstance(value, float):
        return f"{value:,.3g}" if value < SMALL else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
