"""Writes the measured parts of the docs from bench/results/: `python -m bench.report`.

A part stands between two comments in a page; what is outside them is left alone. Where a result is missing,
the part says so and names the command that makes it. `--check` compares, and writes nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import click

from bench.parts.peers import peers_part
from bench.parts.scale import scale_part, scale_pictures, soak_part
from bench.parts.sharding import sharding_part, sharding_pictures
from bench.parts.taken import IMAGES
from bench.peers.results import RESULTS

DOCS: Final = Path(__file__).parents[1] / "docs"
PARTS: Final[Mapping[str, Callable[[Path], str]]] = MappingProxyType(
    {"peers": peers_part, "scale": scale_part, "soak": soak_part, "sharding": sharding_part}
)


def filled(text: str, results: Path) -> str:
    """Return a page with its parts written anew. Raises ValueError where a part has no end."""
    for name, part in PARTS.items():
        begin, end = f"<!-- {name}: written by python -m bench.report -->", f"<!-- {name}: end -->"
        if begin in text:
            before, _, rest = text.partition(begin)
            _, found, after = rest.partition(end)
            if not found:
                raise ValueError(f"the part {name!r} has no {end}")
            text = f"{before}{begin}\n\n{part(results)}\n\n{end}{after}"
    return text


def stale(docs: Path, results: Path) -> dict[Path, str]:
    """Return the pages and pictures that differ from what the results say, with what they should hold."""
    should = {page: filled(page.read_text("utf-8"), results) for page in sorted(docs.glob("*.md"))}
    pictures = {**dict(scale_pictures(results)), **dict(sharding_pictures(results))}
    should |= {docs / IMAGES / name: svg for name, svg in pictures.items()}
    return {
        file: text for file, text in should.items() if not file.exists() or file.read_text("utf-8") != text
    }


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 where a page or picture differs.")
def main(*, check: bool) -> None:
    """Write the measured parts of the docs."""
    found = stale(DOCS, RESULTS)
    for file, text in found.items():
        click.echo(f"{'differs' if check else 'written'}: {file.relative_to(DOCS.parent)}")
        if not check:
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, "utf-8")
    sys.exit(bool(check and found))


if __name__ == "__main__":
    main()
