"""Speaking to a person: plain lines, paths as one would type them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape

_PLAIN_WIDTH: Final = 110


def tell(console: Console, text: str) -> None:
    """Print a line as it is."""
    console.print(escape(text), highlight=False, soft_wrap=True)


def shown(path: Path) -> str:
    """Return a path as a person here would type it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def stdout() -> Console:
    """Return the console; what is no terminal gets a width that the report fits into."""
    console = Console()
    return console if console.is_terminal else Console(width=_PLAIN_WIDTH)
