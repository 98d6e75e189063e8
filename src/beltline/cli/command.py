"""What all commands share: the options --store, --namespace and --json, and groups that import late."""

from __future__ import annotations

import getpass
import importlib
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeVar, cast

import click

from beltline.config import Config, Loaded, load_with_sources
from beltline.runtime.supervisor import Supervised

F = TypeVar("F", bound=Callable[..., Any])

CONTEXT: Final = MappingProxyType({"help_option_names": ("-h", "--help"), "max_content_width": 110})


@dataclass(slots=True)
class Invocation:
    """What the shared options of a command line say. Of one given twice, the later counts.

    `supervised`: what a supervisor gave this process, where it runs under one.
    """

    env: Mapping[str, str]
    store: str | None = None
    namespace: str | None = None
    json: bool = False
    supervised: Supervised | None = None

    def loaded(self, file: Path | None = None, /, **flags: object) -> Loaded:
        """Return the configuration with its sources; `flags` are worker settings. Raises ConfigError.

        `file` is read in place of the one that BELTLINE_CONFIG names and of beltline.toml.
        """
        given = {f"worker.{name}": value for name, value in flags.items()}
        return load_with_sources(
            file, self.env, {**given, "store.url": self.store, "store.namespace": self.namespace}
        )

    def config(self, **flags: object) -> Config:
        """Return the configuration. Raises ConfigError."""
        return self.loaded(**flags).config


def actor() -> str:
    """Return who acts, as the audit keeps it: the user of this machine."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return f"cli:{user}@{socket.gethostname()}"


pass_invocation = click.make_pass_decorator(Invocation)
why_option = click.option("--why", default="", metavar="TEXT", help="The reason, kept in the audit.")


class Command(click.Command):
    """A command with the shared options."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["context_settings"] = {**CONTEXT, **kwargs.get("context_settings", {})}
        super().__init__(*args, **kwargs)
        self.params.extend(_shared_options())


class Member(NamedTuple):
    """A command of a group: where it is defined (`module:name`), and its line in the group's help."""

    path: str
    help: str


class Group(click.Group):
    """A group with the shared options, whose commands are imported when they are used: the help imports none.

    `aliases` are other names of members; the help leaves them out.
    """

    command_class = Command

    def __init__(
        self,
        *args: Any,
        members: Mapping[str, Member] | None = None,
        aliases: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs["context_settings"] = {**CONTEXT, **kwargs.get("context_settings", {})}
        super().__init__(*args, **kwargs)
        self.params.extend(_shared_options())
        self.members = dict(members or {})
        self.aliases = dict(aliases or {})

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        """Return the names of the commands in the order in which they were given."""
        return [*self.members, *(name for name in self.commands if name not in self.members)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name or an alias."""
        name = self.aliases.get(cmd_name, cmd_name)
        member = self.members.get(name)
        if member is None:
            return super().get_command(ctx, name)
        module, _, attribute = member.path.partition(":")
        return cast("click.Command", getattr(importlib.import_module(module), attribute))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        if not self.members:
            super().format_commands(ctx, formatter)
            return
        with formatter.section("Commands"):
            formatter.write_dl([(name, member.help) for name, member in self.members.items()])


def command(name: str, **kwargs: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """Return the decorator that makes a command of a function."""
    return click.command(name, cls=Command, **kwargs)


def group(name: str, **kwargs: Any) -> Callable[[Callable[..., Any]], Group]:
    """Return the decorator that makes a group of a function."""
    return click.group(name, cls=Group, **kwargs)


def number_option(*names: str, least: int, most: int, default: int, text: str) -> Callable[[F], F]:
    """Return an option that takes a whole number within bounds; the help shows its default, but no zero."""
    return click.option(
        *names, type=click.IntRange(least, most), default=default, show_default=bool(default), help=text
    )


def example(text: str) -> str:
    r"""Return lines of examples as the end of a help text; click rewraps what has no \b before it."""
    return "\b\nExamples:\n" + "\n".join(f"  {line.strip()}" for line in text.strip().splitlines())


def labels_of(pairs: Sequence[str]) -> dict[str, str] | None:
    """Return the labels of `--label name=value` options; None where there are none. Raises BadParameter."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{pair!r} is not name=value", param_hint="--label")
        found[name] = value
    return found or None


def _shared_options() -> list[click.Parameter]:
    return [
        click.Option(
            ["--store"],
            metavar="URL",
            expose_value=False,
            callback=_remember,
            help="The store: sqlite:///beltline.db or postgresql://user@host/database.",
        ),
        click.Option(
            ["--namespace"],
            metavar="NAME",
            expose_value=False,
            callback=_remember,
            help="The tenant, if not the one called default.",
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            expose_value=False,
            callback=_remember,
            help="Print JSON, for programs.",
        ),
    ]


def _remember(ctx: click.Context, param: click.Parameter, value: object) -> None:
    if value is not None and value is not False:
        setattr(ctx.ensure_object(Invocation), str(param.name), value)
