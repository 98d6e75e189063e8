"""Prints docs/states.md."""

from __future__ import annotations

import sys

from beltline.core.diagram import page

if __name__ == "__main__":
    sys.stdout.write(page())
