"""`beltline completion`."""

from __future__ import annotations

from typing import Final

import click
from click.shell_completion import get_completion_class

from beltline.cli.command import Invocation, command, example, pass_invocation
from beltline.cli.output import print_json
from beltline.core.errors import Unsupported

SHELLS: Final = ("bash", "zsh", "fish")
VARIABLE: Final = "_BELTLINE_COMPLETE"


@command(
    "completion",
    epilog=example(
        """
        beltline completion bash > ~/.local/share/bash-completion/completions/beltline
        beltline completion zsh > ~/.zfunc/_beltline
        beltline completion fish > ~/.config/fish/completions/beltline.fish
        """
    ),
)
@click.argument("shell", type=click.Choice(SHELLS))
@pass_invocation
def completion(invocation: Invocation, shell: str) -> None:
    """Print the script with which SHELL completes commands and options.

    Bash needs 4.4 or newer and its package bash-completion; zsh wants the folder in fpath before compinit.
    The next shell knows it; in this one: `eval "$(beltline completion bash)"`.
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise Unsupported(f"no completion for {shell}; known are {', '.join(SHELLS)}")
    script = kind(click.Group("beltline"), {}, "beltline", VARIABLE).source()
    if invocation.json:
        print_json({"id": shell, "script": script})
    else:
        click.echo(script)
