"""`beltline doctor`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from beltline.cli.command import Invocation, command, example, pass_invocation
from beltline.cli.faults import FAILED, OK, fault_of
from beltline.cli.output import note, print_list
from beltline.cli.text import clean
from beltline.config import StoreConfig, masked
from beltline.core.clock import SystemClock
from beltline.core.errors import BeltlineError, SchemaOutdated
from beltline.engine.diagnosis import Finding, Level, examine
from beltline.runtime.host import examine_host, file_of
from beltline.store.open import store_from_url

_COLOURS = (("ok", "green"), ("warning", "yellow"), ("error", "red"))


@command(
    "doctor",
    epilog=example(
        """
        beltline doctor
        beltline doctor --store postgresql://me@localhost/jobs --json
        """
    ),
)
@pass_invocation
def doctor(invocation: Invocation) -> int:
    """Look for what is amiss: this host, the store, the workers, queues and definitions.

    Each finding says what to do. Nothing is changed: a store that does not exist is not made, one that is out
    of date not migrated. Exit code 0 where all is well, 1 where there is a warning or an error.
    """
    config = invocation.config().store
    findings = [*examine_host(config.url), *_examine_store(config)]
    if invocation.json:
        print_list(
            [
                {"id": found.check, "state": found.level, "message": found.message, "action": found.action}
                for found in findings
            ]
        )
    else:
        _print(findings)
    return OK if all(found.level is Level.OK for found in findings) else FAILED


def _examine_store(config: StoreConfig) -> list[Finding]:
    if (file := file_of(config.url)) and not Path(file).exists():
        message = f"{masked(config.url)} does not exist yet"
        return [Finding("store", Level.WARNING, message, "a worker or a submit makes it: `beltline dev APP`")]
    return asyncio.run(_examine_opened(config))


async def _examine_opened(config: StoreConfig) -> list[Finding]:
    clock = SystemClock()
    store = store_from_url(config.url, clock=clock)
    try:
        await store.open(migrate=False)
        reached = Finding(
            "store", Level.OK, f"{masked(config.url)} is reached and up to date, namespace {config.namespace}"
        )
        return [reached, *await examine(store, config.namespace, local_now=clock.now())]
    except SchemaOutdated as error:
        message = fault_of(error).message.partition(";")[0]
        return [Finding("store", Level.ERROR, message, "run `beltline db migrate`")]
    except BeltlineError as error:
        action = "see that the server runs, and that address, user and password in the URL are right"
        return [Finding("store", Level.ERROR, fault_of(error).message, action)]
    finally:
        await store.close()


def _print(findings: list[Finding]) -> None:
    colours = dict(_COLOURS)
    width = max(len(found.check) for found in findings)
    for found in findings:
        level = click.style(found.level.value.ljust(7), fg=colours[found.level.value])
        click.echo(f"{level}  {found.check.ljust(width)}  {clean(found.message)}")
        if found.action:
            click.echo(f"{' ' * (width + 11)}{clean(found.action)}")
    amiss = sum(found.level is not Level.OK for found in findings)
    note("all is well" if not amiss else f"{amiss} of {len(findings)} findings want a look")
