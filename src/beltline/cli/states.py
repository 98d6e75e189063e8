"""Prints docs/states.md."""

from __future__ import annotations

from beltline.core.diagram import page

if __name__ == "__main__":
    print(page(), end="")
