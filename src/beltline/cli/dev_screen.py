"""What `beltline dev` shows: events as lines, as JSON, or as lines above a line of state."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import click

from beltline.cli.text import clean, one_line, span
from beltline.config import Config, masked
from beltline.core.clock import MICROS, Clock
from beltline.runtime.telling import Tell
from beltline.wire.times import iso

_MOST_EXAMPLES: Final = 5
_TIME: Final = slice(11, 19)
_STYLES: Final = (
    ("succeeded", "green"),
    ("failed", "red"),
    ("timed_out", "red"),
    ("retrying", "yellow"),
    ("error", "red"),
    ("changed", "cyan"),
)


@contextmanager
def screen(app: str, config: Config, *, as_json: bool, clock: Clock) -> Iterator[Tell]:
    """Yield what is to be told of events."""
    if as_json:
        yield _JsonLines(clock).tell
    elif sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        with _live(app, config, clock) as told:
            yield told.tell
    else:
        yield Lines(app, config, clock).tell


class _JsonLines:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def tell(self, event: str, /, **facts: object) -> None:
        if event != "tick":
            line = {"event": event, "at": iso(self._clock.now()), **facts}
            click.echo(json.dumps(line, ensure_ascii=False))
            sys.stdout.flush()


class Lines:
    """Each event as a line for people, and the counts that make the line of state."""

    def __init__(self, app: str, config: Config, clock: Clock) -> None:
        self._app = app
        self._clock = clock
        self._submit: tuple[str, ...] | None = None
        self.generation = 0
        self.trouble = ""
        self.running: dict[int, int] = {}
        self.ended: Counter[str] = Counter()
        self.say(f"beltline dev {app} on {masked(config.store.url)}: starting", style="bold")

    def tell(self, event: str, /, **facts: Any) -> None:
        """Show an event; one that people need not see changes the counts only."""
        handler = getattr(self, f"_{event}", None)
        if handler is not None:
            handler(facts)

    def say(self, text: str, *, style: str = "") -> None:
        """Write a line."""
        del style
        click.echo(clean(text))
        sys.stdout.flush()

    def state(self) -> str:
        """Return the state in a line."""
        counts = [f"{sum(self.running.values())} running", *(f"{n} {name}" for name, n in self.ended.items())]
        code = f"code {self.generation}" if self.generation else "no code loaded"
        return " · ".join([self._app, code, *counts, self.trouble or "Ctrl-C ends"])

    def _stamped(self, text: str, *, style: str = "") -> None:
        self.say(f"{(iso(self._clock.now()) or '')[_TIME]} {text}", style=style)

    def _loaded(self, facts: Mapping[str, Any]) -> None:
        examples = tuple(facts["submit"])
        if examples == self._submit:
            return
        self._submit = examples
        self.say(f"  store        {facts['store']}, namespace {facts['namespace']}")
        self.say(f"  definitions  {len(examples) or 'none yet: decorate functions with @belt.job'}")
        for line in examples[:_MOST_EXAMPLES]:
            self.say(f"    {line}")
        if len(examples) > _MOST_EXAMPLES:
            self.say(f"    … and {len(examples) - _MOST_EXAMPLES} more: beltline definitions ls")
        self.say("  look         beltline jobs ls; beltline jobs show ID; beltline dead-letters ls")

    def _ready(self, facts: Mapping[str, Any]) -> None:
        self.generation, self.trouble = facts["generation"], ""
        after = span(round(facts["after_s"] * MICROS))
        self._stamped(
            f"code {facts['generation']} is ready after {after} (process {facts['pid']})", style="bold"
        )

    def _changed(self, facts: Mapping[str, Any]) -> None:
        self._stamped(f"changed: {', '.join(facts['files'])}", style="changed")

    def _watching(self, facts: Mapping[str, Any]) -> None:
        self._stamped(f"watching {', '.join(facts['folders'])}", style="dim")

    def _unwatched(self, _: Mapping[str, Any]) -> None:
        self._stamped("changes are no longer noticed: start `beltline dev` again", style="error")

    def _serving(self, facts: Mapping[str, Any]) -> None:
        self.say(f"  rest         {facts['url']}, described at {facts['docs']}", style="bold")
        self.say(f"  api key      {facts['api_key']} (ends with this command)")

    def _refused_service(self, facts: Mapping[str, Any]) -> None:
        self._stamped(f"no REST: {facts['message']}", style="error")

    def _unserved(self, facts: Mapping[str, Any]) -> None:
        self._stamped(f"REST ended with {facts['code']}: the next change of code begins it anew", style="dim")

    def _refused(self, facts: Mapping[str, Any]) -> None:
        self._stamped(f"error [{facts['code']}]: {facts['message']}", style="error")

    def _kept(self, facts: Mapping[str, Any]) -> None:
        old = facts["generation"]
        goes_on = "no jobs run until it is mended" if old is None else f"code {old} goes on"
        self.trouble = f"the newest code does not load: {goes_on}"
        self._stamped(self.trouble, style="error")

    def _restarting(self, facts: Mapping[str, Any]) -> None:
        self._stamped(
            f"the worker ended with {facts['code']}: a new one in {facts['in_s']:g}s", style="error"
        )

    def _retired(self, facts: Mapping[str, Any]) -> None:
        running = self.running.get(facts["generation"], 0)
        if running:
            self._stamped(f"code {facts['generation']} ends with its {running} running jobs", style="dim")

    def _gone(self, facts: Mapping[str, Any]) -> None:
        self.running.pop(facts["generation"], None)

    def _stopped(self, _: Mapping[str, Any]) -> None:
        self._stamped("stopped; what ran was given back, uncharged", style="dim")

    def _started(self, facts: Mapping[str, Any]) -> None:
        self.running[facts["generation"]] = facts["running"]
        run = f", run {facts['run']}" if facts["run"] > 1 else ""
        self._stamped(f"{facts['definition']} {facts['id']} started{run}", style="dim")

    def _ended(self, facts: Mapping[str, Any]) -> None:
        self.running[facts["generation"]] = facts["running"]
        self.ended[facts["state"]] += 1
        parts = [facts["definition"], facts["id"], facts["state"], span(round(facts["took_s"] * MICROS))]
        if facts["again_in_s"]:
            parts.append(f"again in {span(round(facts['again_in_s'] * MICROS))}")
        if facts["error"]:
            parts.append(f"{one_line(facts['error'], 200)} {facts['where'] or ''}".rstrip())
        self._stamped(" ".join(parts), style=facts["state"])

    def _log(self, facts: Mapping[str, Any]) -> None:
        fields = (
            f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in facts["fields"].items()
        )
        self._stamped(
            " ".join([facts["id"], facts["level"], facts["message"], *fields]), style=facts["level"]
        )

    def _output(self, facts: Mapping[str, Any]) -> None:
        self.say(f"  | {facts['text']}")


@contextmanager
def _live(app: str, config: Config, clock: Clock) -> Iterator[Lines]:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    # Nothing is drawn from a thread: this process forks.
    live = Live(console=Console(), auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
    styles = dict(_STYLES)

    class Above(Lines):
        shown = ""

        def say(self, text: str, *, style: str = "") -> None:
            named = styles.get(style, style if style in {"bold", "dim"} else "")
            live.console.print(Text(clean(text), style=named), soft_wrap=True)

        def tell(self, event: str, /, **facts: Any) -> None:
            super().tell(event, **facts)
            state = self.state()
            if state != self.shown:
                self.shown = state
                live.update(Text(state, style="reverse", no_wrap=True, overflow="ellipsis"), refresh=True)

    with live:
        yield Above(app, config, clock)
