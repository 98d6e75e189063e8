"""`beltline config`."""

from __future__ import annotations

import click

from beltline.cli.command import Invocation, example, group, pass_invocation
from beltline.cli.output import print_json, print_list, print_table
from beltline.config import DEFAULT, SETTINGS, described


@group("config", epilog=example("beltline config check\nbeltline config show --json"))
def config() -> None:
    """Check and show the settings."""


@config.command("check", epilog=example("BELTLINE_CONFIG=production.toml beltline config check"))
@pass_invocation
def check(invocation: Invocation) -> None:
    """Read all settings and list every problem; exit code 2 where there is one."""
    loaded = invocation.loaded()
    if invocation.json:
        print_json({"valid": True, "problems": []})
    else:
        click.echo(f"the configuration is good; settings given: {', '.join(loaded.sources) or 'none'}")


@config.command("show", epilog=example("beltline config show"))
@pass_invocation
def show(invocation: Invocation) -> None:
    """Print every setting, and what set it."""
    loaded = invocation.loaded()
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
