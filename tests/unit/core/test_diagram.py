"""The diagram shows the table."""

from __future__ import annotations

from pathlib import Path

from beltline.core.diagram import mermaid, page
from beltline.core.states import TRANSITIONS


def test_docs_show_the_table_as_it_is() -> None:
    written = Path(__file__).parents[3] / "docs" / "states.md"
    assert written.read_text() == page(), "run: python -m beltline.cli.states > docs/states.md"


def test_every_transition_is_an_arrow() -> None:
    drawn = mermaid()
    for (source, event), targets in TRANSITIONS.items():
        for target in targets:
            arrow = next(
                line for line in drawn.splitlines() if f" {source.value} --> {target.value}:" in line
            )
            assert event.value in arrow.split(": ")[1].split(", ")
