"""`beltline config`."""

from __future__ import annotations

from pathlib import Path

import click

from beltline.cli.command import Invocation, example, group, pass_invocation
from beltline.cli.output import print_json, print_list, print_table
from beltline.config import DEFAULT, SETTINGS, described


@group("config", epilog=example("beltline config check\nbeltline config show --json"))
def config() -> None:
    """Check and show the settings."""


_file = click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))


@config.command("check", epilog=example("beltline config check\nbeltline config check production.toml"))
@_file
@pass_invocation
def check(invocation: Invocation, file: Path | None) -> None:
    """Read all settings and list every problem at once; exit code 2 where there is one.

    FILE is read in place of beltline.toml; environment and options count as they do for every command.
    """
    loaded = invocation.loaded(file)
    if invocation.json:
        print_json({"valid": True, "problems": []})
    else:
        click.echo(f"the configuration is good; settings given: {', '.join(loaded.sources) or 'none'}")


@config.command("show", epilog=example("beltline config show\nbeltline config show production.toml --json"))
@_file
@pass_invocation
def show(invocation: Invocation, file: Path | None) -> None:
    """Print the value of every setting as it counts, and what set it; passwords are masked."""
    loaded = invocation.loaded(file)
    values = described(loaded.config)
    if invocation.json:
        items = [
            {
                "id": setting.key,
                "value": values[setting.key],
                "source": loaded.sources.get(setting.key, DEFAULT),
            }
            for setting in SETTINGS
        ]
        print_list(items)
        return
    rows = [
        (setting.key, _shown(values[setting.key]), loaded.sources.get(setting.key, DEFAULT), setting.variable)
        for setting in SETTINGS
    ]
    print_table(["setting", "value", "set by", "variable"], rows)


def _shown(value: object) -> str:
    if value is None:
        return "(all)"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
