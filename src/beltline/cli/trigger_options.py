"""The options that say what a trigger waits for, shared by `create` and `edit`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_WINDOWS: Final = ("debounce", "throttle", "gather")


OPTIONS: Final = (
    click.option("--secret", metavar="PLACE", help="webhook: where its secret lies, env:NAME or file:/path."),
    click.option(
        "--check",
        type=click.Choice(["hmac-sha256", "key"]),
        help="webhook: the header bears the body's signature (the default), or the secret itself.",
    ),
    click.option("--header", metavar="NAME", help="webhook: which header; x-signature-256 by default."),
    click.option("--prefix", metavar="TEXT", help="webhook: what stands before it: sha256=."),
    click.option("--of", metavar="DEFINITION", help="outcome: whose jobs; without it, all."),
    click.option(
        "--state",
        "states",
        multiple=True,
        metavar="STATE",
        help="outcome: a final state, or finished for any; succeeded by default; may be repeated.",
    ),
    click.option("--queue", metavar="QUEUE", help="outcome: only jobs of this queue."),
    click.option(
        "--label",
        "labels",
        multiple=True,
        metavar="NAME=VALUE",
        help="outcome: only jobs with this label.",
    ),
    click.option("--roots", is_flag=True, default=None, help="outcome: only jobs without a parent."),
    click.option("--rounds", type=int, metavar="N", help="outcome: it may go round so often."),
    click.option("--place", metavar="PLACE", help="object: a folder, or a bucket: s3://bucket/incoming/."),
    click.option("--glob", metavar="PATTERN", help="object: names below the place: *.pdf, **/*.pdf."),
    click.option("--every", metavar="TIME", help="object: look so often; 5s by default."),
    click.option("--settle", metavar="TIME", help="object: it counts when it stood still for so long."),
    click.option(
        "--existing", type=click.Choice(["skip", "fire"]), help="object: what is there already; skip."
    ),
    click.option("--changes", is_flag=True, default=None, help="object: another content counts again."),
    click.option(
        "--deleted",
        type=click.Choice(["forget", "keep"]),
        help="object: one that was deleted and comes again is new (forget, the default), or old (keep).",
    ),
    click.option("--source", metavar="URL", help="message: where they come from: spool:///var/spool/in."),
    click.option(
        "--field",
        "payload",
        multiple=True,
        metavar="FIELD=EXPRESSION",
        help="A field of the payload; may be repeated. Without any the event is the payload.",
    ),
    click.option("--when", metavar="EXPRESSION", help="Only events for which this is true make a job."),
    click.option("--dedupe", metavar="EXPRESSION", help="Events for which this is equal make one job."),
    click.option(
        "--debounce",
        metavar="QUIET[/LONGEST]",
        help="One job for a burst: 10s after its last event, at the latest 1m after its first: 10s/1m.",
    ),
    click.option(
        "--throttle",
        metavar="N/TIME[/drop]",
        help="At most N jobs in that time: 5/1m. Further events wait, or with /drop make none.",
    ),
    click.option(
        "--gather",
        metavar="N/TIME[/FIELD]",
        help="One job for up to N events, after that time at the latest; their list is in FIELD (items).",
    ),
)


def trigger_options(function: F) -> F:
    """Give a command the options of all kinds; those of another kind are refused with those it knows."""
    for option in reversed(OPTIONS):
        function = option(function)
    return function


def fields_of(given: Mapping[str, Any]) -> dict[str, object]:
    """Return the fields that were given. Raises BadParameter."""
    many = {"states", "labels", "payload", *_WINDOWS}
    fields: dict[str, object] = {
        name: value for name, value in given.items() if value is not None and name not in many
    }
    if given.get("states"):
        states = list(given["states"])
        fields["states"] = states[0] if len(states) == 1 else states
    if given.get("labels"):
        fields["labels"] = pairs_of(given["labels"], "--label")
    if given.get("payload"):
        fields["payload"] = pairs_of(given["payload"], "--field")
    windows = [kind for kind in _WINDOWS if given.get(kind)]
    if len(windows) > 1:
        raise click.BadParameter(f"give one of --{' and --'.join(windows)}: a trigger has one window")
    for kind in windows:
        fields["window"] = {kind: _window(kind, given[kind])}
    return fields


def pairs_of(pairs: Sequence[str], hint: str) -> dict[str, str]:
    """Return what was given as name=value."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{pair!r} is not name=value", param_hint=hint)
        found[name] = value
    return found


def _window(kind: str, text: str) -> dict[str, object]:
    first, *others = text.split("/")
    names: tuple[str, ...] = ("longest",)
    if kind == "debounce":
        found: dict[str, object] = {"quiet": first}
    else:
        names = ("per", "extra") if kind == "throttle" else ("within", "field")
        found = {"most": int(first) if first.isdecimal() else first}
    if len(others) > len(names):
        raise click.BadParameter(f"{text!r} has too many parts", param_hint=f"--{kind}")
    return found | dict(zip(names, others, strict=False))
