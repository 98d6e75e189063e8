"""What must be true at an example's end, and how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Console


class Check(NamedTuple):
    """A thing that must be true, whether it is, and the figures that show it."""

    what: str
    passed: bool
    figures: str


def show_checks(console: Console, checks: Sequence[Check]) -> None:
    """Print the checks."""
    for check in checks:
        mark, style = ("✓", "green") if check.passed else ("✗", "bold red")
        console.print(
            f"[{style}]{mark}[/] {check.what} [dim]({check.figures})[/]", highlight=False, soft_wrap=True
        )
