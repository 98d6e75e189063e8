"""`beltline dev`."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click

from beltline.cli.command import Invocation, command, example, number_option, pass_invocation
from beltline.cli.faults import OK, fault_of
from beltline.config import Config, masked
from beltline.core.clock import DAY
from beltline.core.errors import BeltlineError
from beltline.runtime.deaths import Life
from beltline.runtime.telling import Tell

_DEBOUNCE_MS: Final = 100
_STEP_MS: Final = 50
_LOOK_MS: Final = 1_000


@command(
    "dev",
    epilog=example(
        """
        beltline dev app.py
        beltline dev shop.jobs:belt --watch src --watch settings
        beltline dev app.py --json | jq -c 'select(.event == "ended")'
        """
    ),
)
@click.argument("app")
@click.option(
    "--watch",
    "folders",
    multiple=True,
    metavar="FOLDER",
    type=click.Path(exists=True),
    help="Watch this folder or file; repeatable.  [default: the working directory and the app's folder]",
)
@click.option("--no-reload", is_flag=True, help="Watch nothing.")
@number_option(
    "--port",
    least=0,
    most=65_535,
    default=8_000,
    text="Serve REST on this port of loopback, or on a free one where it is taken.",
)
@click.option("--no-api", is_flag=True, help="Serve no REST.")
@click.option("--concurrency", metavar="N", help="Jobs in flight.  [default: 100]")
@click.option("--threads", metavar="N", help="Of those, how many may run in threads.  [default: 16]")
@pass_invocation
def dev(
    invocation: Invocation,
    /,
    app: str,
    *,
    folders: tuple[str, ...],
    no_reload: bool,
    port: int,
    no_api: bool,
    **settings: str | None,
) -> int:
    """Run the jobs of APP while you write it: one worker, REST, its output, new code at each change.

    When a Python file or beltline.toml changes, a new process loads the code; once it is ready it takes the
    jobs, and the old process ends with its last running job, which keeps the code that it began with. Code
    that fails to load changes nothing: the error is shown and the old code goes on. Ctrl-C gives running jobs
    back, uncharged. On a terminal the state is one line at the bottom; elsewhere, and with --json, each event
    is a line.

    REST is served for this machine only, with an API key that is shown and that ends with this command.
    """
    from beltline.cli.dev_screen import screen
    from beltline.core.clock import SystemClock
    from beltline.runtime.reloader import Reloader

    _preload()
    clock = SystemClock()
    watched = sorted({str(Path(name).resolve()) for name in folders or (Path.cwd(), _folder_of(app))})
    config = invocation.config(**settings)
    with screen(app, config, as_json=invocation.json, clock=clock) as tell:
        place = _Place(tell)
        work = partial(_work, invocation, app, settings)
        watch = _nothing if no_reload else partial(_watch, watched)
        service = None if no_api else partial(_serve, invocation, place, port)
        return Reloader(work, watch, tell=place.tell, clock=clock, service=service).run()


class _Place:
    """Keeps from what is told where the app's store is: with its password, which is not to be shown."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self.url = ""

    def tell(self, event: str, /, **facts: Any) -> None:
        """Tell on."""
        self.url = facts.pop("url", self.url) if event == "loaded" else self.url
        self._tell(event, **facts)


def _preload() -> None:
    """Import what every worker needs before the first is forked: a reload then imports the app alone."""
    import_module("beltline.app")
    import_module("beltline.client.loading")


def _folder_of(app: str) -> Path:
    place = Path(app.partition(":")[0])
    return place.parent if place.suffix == ".py" else Path.cwd()


def _work(
    invocation: Invocation, app: str, settings: Mapping[str, str | None], events: int, life: Life
) -> int:
    from beltline.app import develop
    from beltline.client.loading import load_app, store_of

    tell = _teller(events)
    try:
        loaded = invocation.loaded(**settings)
        belt = load_app(app)
        config = replace(loaded.config, store=store_of(belt, loaded.config.store))
        if "worker.drain" not in loaded.sources:
            # What runs keeps its code until it ends; Ctrl-C does not wait for it.
            config = replace(config, worker=replace(config.worker, drain_us=DAY))
        described = _described(config, belt.registry, given=loaded.config)
        tell("loaded", url=config.store.url, **described)
        return develop(config, belt, tell, app, life)
    except BeltlineError as error:
        fault = fault_of(error)
        tell("refused", code=fault.code, message=fault.message)
        return fault.exit_code


def _serve(invocation: Invocation, place: _Place, port: int, events: int) -> int:
    from beltline.serving import serve_developer

    tell = _teller(events)
    found = invocation.config()
    config = replace(found, store=replace(found.store, url=place.url))
    if ":memory:" in place.url:
        tell("refused_service", message="a store in memory belongs to the worker's process: name another")
        return OK
    try:
        return serve_developer(
            config, port, ready=lambda url, token: tell("serving", url=url, docs=f"{url}/docs", api_key=token)
        )
    except BeltlineError as error:
        fault = fault_of(error)
        tell("refused_service", message=f"error [{fault.code}]: {fault.message}")
        return fault.exit_code


def _described(config: Config, registry: Any, *, given: Config) -> dict[str, object]:  # noqa: ANN401 - a Registry
    from beltline.cli.sample import sample

    where = "" if config.store == given.store else f" --store {masked(config.store.url)}"
    examples = [
        f"beltline submit {found.name} '{json.dumps(sample(found.payload.schema))}'{where}"
        for found in registry
    ]
    return {"store": masked(config.store.url), "namespace": config.store.namespace, "submit": examples}


def _teller(events: int) -> Tell:
    lock = threading.Lock()

    def tell(event: str, /, **facts: object) -> None:
        line = json.dumps({"event": event, **facts}, ensure_ascii=False, default=str).encode() + b"\n"
        with lock:
            while line:
                line = line[os.write(events, line) :]

    return tell


def _watch(folders: list[str], changes: int) -> int:
    from watchfiles import PythonFilter, watch

    tell = _teller(changes)
    seen = watch(
        *folders,
        watch_filter=PythonFilter(extra_extensions=(".toml",)),
        debounce=_DEBOUNCE_MS,
        step=_STEP_MS,
        rust_timeout=_LOOK_MS,
        yield_on_timeout=True,
        ignore_permission_denied=True,
    )
    is_told = False
    for found in seen:
        if not is_told:
            # The first turn, with or without changes, shows that the watch is set.
            is_told = True
            tell("watching", folders=folders)
        if found:
            tell("changed", files=sorted(os.path.relpath(path) for _, path in found))
    return OK


def _nothing(_: int) -> int:
    threading.Event().wait()
    return OK
