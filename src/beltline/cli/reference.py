"""Writes docs/cli.md from the commands themselves: `python -m beltline.cli.reference > docs/cli.md`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Final

import click

from beltline.cli.command import Group, Invocation
from beltline.cli.faults import EXIT_CODES
from beltline.cli.main import root
from beltline.config import SETTINGS, Config, described

_SHARED: Final = frozenset({"store", "namespace", "json", "help"})

_HEAD: Final = """# The command line

Made by `python -m beltline.cli.reference > docs/cli.md`; do not edit it by hand.

Every command takes these options, anywhere on the line:

| option | meaning |
| --- | --- |
"""


def reference() -> str:
    """Return the reference of every command as Markdown."""
    command = root()
    with click.Context(command, info_name="beltline", obj=Invocation({})) as ctx:
        parts = [
            _HEAD + _rows(_options(command, shared=True)),
            _table("Exit codes", "code", [(str(code), meaning) for code, meaning in EXIT_CODES]),
            _json_notes(),
            _settings(),
            _completion(),
            *_commands(command, ctx),
        ]
    return "\n".join(parts)


def _commands(group: click.Group, ctx: click.Context) -> Iterator[str]:
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        if command is None:
            continue
        with click.Context(command, info_name=name, parent=ctx) as inner:
            yield _section(command, inner)
            if isinstance(command, Group):
                yield from _commands(command, inner)


def _section(command: click.Command, ctx: click.Context) -> str:
    level = "##" if ctx.parent is None or ctx.parent.parent is None else "###"
    usage = ctx.get_usage().removeprefix("Usage: ")
    usage = re.sub(r"\s+", " ", usage)
    parts = [f"{level} `{ctx.command_path}`\n", _plain(command.help or ""), f"\n```\n{usage}\n```\n"]
    options = _options(command, shared=False)
    if options:
        parts.append("| option | meaning |\n| --- | --- |\n" + _rows(options))
    if command.epilog:
        lines = command.epilog.split("Examples:\n", 1)[-1].splitlines()
        parts.append("```sh\n" + "\n".join(line.strip() for line in lines) + "\n```\n")
    return "\n".join(parts)


def _options(command: click.Command, *, shared: bool) -> list[tuple[str, str]]:
    found = []
    for param in command.params:
        if not isinstance(param, click.Option) or (param.name in _SHARED) is not shared:
            continue
        metavar = "" if param.is_flag else f" {_metavar(param)}"
        text = param.help or ""
        if param.show_default and param.default is not None:
            text += f"  [default: {param.default}]"
        found.append((f"`{', '.join(param.opts)}{metavar}`", text.replace("  [", " [")))
    return found


def _metavar(param: click.Option) -> str:
    if param.metavar:
        return param.metavar
    if isinstance(param.type, click.Choice):
        return "/".join(param.type.choices)
    return "FILE" if isinstance(param.type, click.File) else "N"


def _settings() -> str:
    defaults = described(Config())
    rows = [
        (
            f"`{setting.key}`",
            f"`{setting.variable}`",
            f"`{defaults[setting.key]}`" if defaults[setting.key] else "",
        )
        for setting in SETTINGS
    ]
    lines = "".join(f"| {key} | {variable} | {default} |\n" for key, variable, default in rows)
    return (
        "## Settings\n\nThe file is `beltline.toml` in the working directory, or the one `BELTLINE_CONFIG`"
        " names; the key `worker.lease` is `lease` in its section `[worker]`. The environment wins over the"
        " file, an option over both. Durations are texts: `15s`, `1m30s`.\n\n"
        f"| key | variable | default |\n| --- | --- | --- |\n{lines}"
    )


def _completion() -> str:
    return (
        "## Completion\n\nFor commands and options by the tab key, put in `~/.bashrc`:"
        ' `eval "$(_BELTLINE_COMPLETE=bash_source beltline)"`; zsh has `zsh_source`, fish `fish_source`.\n'
    )


def _json_notes() -> str:
    return (
        "## JSON\n\nWith `--json`, a list is one object: `items`, `next` (the cursor for `--before` or"
        " `--after`, or null) and `total`. Each thing has its id under `id` and its state under `state`;"
        " times are ISO 8601 in UTC, payloads and results JSON values. An error is one object on standard"
        " error: `error` with `code` and `message`.\n"
    )


def _table(title: str, first: str, rows: list[tuple[str, str]]) -> str:
    return f"## {title}\n\n| {first} | meaning |\n| --- | --- |\n" + _rows(rows)


def _rows(rows: list[tuple[str, str]]) -> str:
    return "".join(f"| {name.replace('|', chr(92) + '|')} | {text} |\n" for name, text in rows)


def _plain(text: str) -> str:
    return inspect.cleandoc(text.split("\b", 1)[0])


if __name__ == "__main__":
    click.echo(reference(), nl=False)
