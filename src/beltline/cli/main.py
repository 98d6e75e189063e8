"""The command `beltline`: its commands by name, and the one place where an error becomes an exit code."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import click

from beltline.cli.command import Group, Invocation, Member, example
from beltline.cli.faults import EXIT_CODES, FAILED, INTERRUPTED, OK, PIPE_CLOSED, Fault, fault_of, usage_fault
from beltline.config import COLLECT_AFTER, masked
from beltline.core.errors import BeltlineError, Unsupported
from beltline.runtime.supervisor import Supervised

DEBUG_VARIABLE: Final = "BELTLINE_DEBUG"

COMMANDS: Final = MappingProxyType(
    {
        "init": Member("beltline.cli.init:init", "Write a small project that runs."),
        "dev": Member("beltline.cli.dev:dev", "Run the jobs of an app while you write it."),
        "work": Member("beltline.cli.work:work", "Run the jobs of an app until stopped."),
        "serve": Member("beltline.cli.serve:serve", "Serve REST."),
        "submit": Member("beltline.cli.submit:submit", "Submit a job, or many."),
        "jobs": Member("beltline.cli.jobs:jobs", "List, show, watch and steer jobs."),
        "dead-letters": Member(
            "beltline.cli.dead_letters:dead_letters", "Jobs that failed for good (alias: dlq)."
        ),
        "queues": Member("beltline.cli.queues:queues", "List, pause and resume queues."),
        "schedules": Member(
            "beltline.cli.schedules:schedules", "Make jobs at set times: list, edit, pause, fire, backfill."
        ),
        "triggers": Member("beltline.cli.triggers:triggers", "Turn outside events into jobs."),
        "batches": Member("beltline.cli.batches:batches", "List, show and steer jobs with children."),
        "workflows": Member("beltline.cli.workflows:workflows", "Apply, list, draw and start workflows."),
        "signal": Member("beltline.cli.workflows:signal", "Send a signal to a run of a workflow."),
        "explain": Member("beltline.cli.explain:explain", "Say why a job is not running, or how it ended."),
        "definitions": Member(
            "beltline.cli.definitions:definitions", "List job definitions and apply those of an app."
        ),
        "objects": Member("beltline.cli.objects:objects", "Encrypt what is in the object store anew."),
        "api-key": Member("beltline.cli.api_key:api_key", "Make, list, rotate and revoke API keys."),
        "subscriptions": Member(
            "beltline.cli.subscriptions:subscriptions", "Tell URLs of the outcomes of jobs."
        ),
        "audit": Member("beltline.cli.audit:audit", "See what operators did, and verify the record."),
        "doctor": Member("beltline.cli.doctor:doctor", "Look for what is amiss, and say what to do."),
        "db": Member("beltline.cli.db:db", "Migrate the store's schema or look at it."),
        "bench": Member("beltline.cli.bench:bench", "Measure the speed of a store on this machine."),
        "config": Member("beltline.cli.config:config", "Check and show the settings."),
        "completion": Member(
            "beltline.cli.completion:completion", "Print the script with which a shell completes commands."
        ),
    }
)
ALIASES: Final = MappingProxyType({"dlq": "dead-letters"})

_INTRODUCTION: Final = """Define, queue, run, track and explain jobs.

Settings come from beltline.toml (or the file BELTLINE_CONFIG names), then the environment (BELTLINE_STORE,
BELTLINE_NAMESPACE, BELTLINE_WORKER_CONCURRENCY, ...), then options. --store, --namespace and --json may stand
anywhere on the line. BELTLINE_DEBUG=1 shows the traceback of an error.
"""


def root() -> Group:
    """Return the command `beltline`."""
    codes = "\n".join(f"  {code:<4} {meaning}" for code, meaning in EXIT_CODES)
    made = Group(
        "beltline",
        members=COMMANDS,
        aliases=ALIASES,
        help=f"{_INTRODUCTION}\n\b\nExit codes:\n{codes}",
        epilog=example(
            """
            beltline work app.py
            beltline submit thumbnail '{"path": "cat.png"}' --wait
            beltline jobs ls --state failed --json
            """
        ),
    )
    made.params.append(_version_option())
    return made


def main(argv: Sequence[str], supervised: Supervised | None = None) -> int:
    """Run the command line of this process and return its exit code."""
    # A start makes 80,000 objects that stay; to look for garbage after each 700 of them took 28 ms of 500.
    gc.set_threshold(COLLECT_AFTER)
    return run(argv, os.environ, supervised)


def run(argv: Sequence[str], env: Mapping[str, str], supervised: Supervised | None = None) -> int:
    """Run a command line and return its exit code; errors are told on stderr.

    `supervised`: what a worker's supervisor gave this process, where it has one already.
    """
    invocation = Invocation(env, supervised=supervised)
    try:
        refuse_windows(sys.platform)
        code = root().main(list(argv), prog_name="beltline", obj=invocation, standalone_mode=False)
    except SystemExit as leaving:
        # Click exits with 1 where the reader, such as `head`, has gone, and with 0 after a completion.
        return PIPE_CLOSED if leaving.code else OK
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except click.ClickException as error:
        return _tell_usage(error, as_json="--json" in argv)
    except Exception as error:  # noqa: BLE001 - whatever it is, a person gets a line and an exit code
        if env.get(DEBUG_VARIABLE):
            traceback.print_exc()
        fault = fault_of(error) if isinstance(error, BeltlineError) else _unexpected(error)
        return _tell(fault, as_json=invocation.json)
    return code if isinstance(code, int) else OK


def refuse_windows(platform: str) -> None:
    """Raise Unsupported on Windows: its file locks, signals and processes differ too much."""
    if platform in {"win32", "cygwin"}:
        raise Unsupported(
            "Beltline runs on Linux and macOS, not on Windows; run it in WSL or in a Linux container"
        )


def _tell(fault: Fault, *, as_json: bool) -> int:
    click.echo(fault.text(as_json=as_json), err=True)
    return fault.exit_code


def _tell_usage(error: click.ClickException, *, as_json: bool) -> int:
    fault = usage_fault(error.format_message())
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(fault.message, err=True)
        return fault.exit_code
    if isinstance(error, click.UsageError) and error.ctx is not None and not as_json:
        click.echo(error.ctx.get_usage(), err=True)
        click.echo(f"Help: {error.ctx.command_path} --help", err=True)
    return _tell(fault, as_json=as_json)


def _unexpected(error: Exception) -> Fault:
    message = f"{type(error).__name__}: {error}; this is a fault of Beltline: {DEBUG_VARIABLE}=1 shows where"
    return Fault("internal", masked(message), FAILED, {})


def _version_option() -> click.Option:
    return click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_print_version,
        help="Print the version.",
    )


def _print_version(ctx: click.Context, _: click.Parameter, asked: object) -> None:
    if asked:
        from importlib.metadata import version

        click.echo(f"beltline {version('beltline')}")
        ctx.exit()
