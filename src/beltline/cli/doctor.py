"""`beltline doctor`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import click

from beltline.cli.command import Invocation, command, example, pass_invocation
from beltline.cli.faults import FAILED, OK, fault_of
from beltline.cli.output import note, print_list
from beltline.cli.text import clean
from beltline.config import Config, masked
from beltline.core.clock import SystemClock
from beltline.core.errors import BeltlineError, ConfigError, ObjectsError, SchemaOutdated
from beltline.engine.diagnosis import Finding, Level, examine
from beltline.runtime.host import examine_host, file_of
from beltline.store.contract import Store
from beltline.store.open import configured_store

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
    of date not migrated. Among the objects a probe is written and removed. Exit code 0 where all is well, 1
    where there is a warning or an error.
    """
    config = invocation.config()
    findings = [*examine_host(config.store.url), *_examine_store(config, invocation.env)]
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


def _examine_store(config: Config, env: Mapping[str, str]) -> list[Finding]:
    if (file := file_of(config.store.url)) and not Path(file).exists():
        message = f"{masked(config.store.url)} does not exist yet"
        return [Finding("store", Level.WARNING, message, "a worker or a submit makes it: `beltline dev APP`")]
    return asyncio.run(_examine_opened(config, env))


async def _examine_opened(config: Config, env: Mapping[str, str]) -> list[Finding]:
    clock = SystemClock()
    url, namespace = config.store.url, config.store.namespace
    try:
        store = configured_store(url, config.objects, env, clock=clock)
    except ConfigError as error:
        return [Finding("objects", Level.ERROR, str(error), "mend the section [objects] or what it names")]
    try:
        await store.open(migrate=False)
        reached = Finding(
            "store", Level.OK, f"{masked(url)} is reached and up to date, namespace {namespace}"
        )
        found = await examine(store, namespace, local_now=clock.now())
        return [reached, await _examine_objects(store, namespace), *found]
    except SchemaOutdated as error:
        message = fault_of(error).message.partition(";")[0]
        return [Finding("store", Level.ERROR, message, "run `beltline db migrate`")]
    except BeltlineError as error:
        action = "see that the server runs, and that address, user and password in the URL are right"
        return [Finding("store", Level.ERROR, fault_of(error).message, action)]
    finally:
        await store.close()


async def _examine_objects(store: Store, namespace: str) -> Finding:
    """Look whether what lies outside the rows can be read and written."""
    if store.objects is None:
        message = "there is no place for objects: payloads and results end at 1 MiB, artifacts are refused"
        return Finding("objects", Level.OK, message)
    try:
        await store.objects.days(namespace)
        await store.objects.probe(f"{os.getpid()}-{store.now()}")
    except ObjectsError as error:
        action = (
            "see that the place is there, can be written, and the credentials are right;"
            " jobs with large payloads wait"
        )
        return Finding("objects", Level.ERROR, str(error), action)
    return Finding("objects", Level.OK, f"objects lie in {masked(store.objects.shown)}, which can be written")


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
