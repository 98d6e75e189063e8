"""Where `beltline` begins. The parent of workers forks here, before the command line is loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence

# Of the options that all commands share, those that take a value.
VALUED = frozenset({"--store", "--namespace"})
HELP = frozenset({"-h", "--help"})


def main() -> None:
    """Run the command line of this process and exit."""
    argv = sys.argv[1:]
    if is_work(argv):
        sys.exit(_work_apart(argv))
    from beltline.cli import main as command_line

    sys.exit(command_line.main(argv))


def is_work(argv: Sequence[str]) -> bool:
    """Say whether a command line is one of `beltline work` that asks for no help."""
    words = iter(argv)
    for word in words:
        if word in VALUED:
            next(words, None)
        elif not word.startswith("-"):
            return word == "work" and HELP.isdisjoint(argv)
    return False


def _work_apart(argv: Sequence[str]) -> int:
    """Have children read the command line and work."""
    from beltline.runtime.supervisor import Supervised, supervise

    def start(supervised: Supervised) -> int:
        from beltline.cli import main as command_line

        return command_line.main(argv, supervised)

    def prepare() -> None:
        # A worker that takes the place of another then imports the app alone.
        from importlib import import_module

        for name in ("beltline.cli.main", "beltline.cli.work", "beltline.app"):
            import_module(name)

    def warn(text: str) -> None:
        # Most parents never say a word.
        from beltline.runtime import log

        log.warn(text)

    return supervise(start, warn=warn, prepare=prepare)
