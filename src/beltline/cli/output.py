"""Printing: JSON for programs, tables for people, drawn by rich on a terminal, aligned text elsewhere."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import click

from beltline.cli.text import clean

# What the state of a job looks like on a terminal; colour never carries a meaning that the word does not.
_STYLES: Final = (
    ("succeeded", "green"),
    ("running", "cyan"),
    ("failed", "red"),
    ("timed_out", "red"),
    ("paused", "yellow"),
    ("retrying", "yellow"),
    ("cancelled", "dim"),
)


def print_json(value: object) -> None:
    """Print a JSON value: on one line for programs, indented where a person looks on."""
    indent = 2 if sys.stdout.isatty() else None
    click.echo(json.dumps(value, ensure_ascii=False, indent=indent))


def print_list(
    items: Sequence[Mapping[str, Any]], *, total: int | None = None, cursor: str | int | None = None
) -> None:
    """Print a list the way REST does; without `total` the items are all there are."""
    print_json({"items": list(items), "next": cursor, "total": len(items) if total is None else total})


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, empty: str = "") -> None:
    """Print rows under their column names, or the line `empty` on stderr where there are none."""
    if not rows:
        click.echo(empty, err=True)
    elif sys.stdout.isatty():
        _draw(columns, rows)
    else:
        _align(columns, rows)


def print_fields(fields: Sequence[tuple[str, str]]) -> None:
    """Print names and values under each other; a value of several lines is indented."""
    width = max(len(name) for name, _ in fields)
    for name, value in fields:
        text = clean(value).replace("\n", "\n" + " " * (width + 2))
        click.echo(f"{click.style(name.ljust(width), dim=True)}  {text}")


def heading(text: str) -> None:
    """Print the heading of a section."""
    click.echo("\n" + click.style(text, bold=True))


def note(text: str) -> None:
    """Print a remark for a person, on stderr, where it disturbs no pipe."""
    click.echo(text, err=True)


def _align(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    lines = [tuple(column.upper() for column in columns), *(tuple(map(_flat, row)) for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _draw(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    styles = dict(_STYLES)
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for index, column in enumerate(columns):
        # Ids are for copying: they are never cut.
        table.add_column(column, no_wrap=index == 0, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_flat(cell), style=styles.get(cell, "")) for cell in row))
    Console(width=max(shutil.get_terminal_size().columns, 60)).print(table)


def _flat(cell: str) -> str:
    return clean(cell).replace("\n", " ").replace("\t", " ")
