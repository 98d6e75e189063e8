"""Patterns of names below a place."""

from __future__ import annotations

import pytest

from beltline.core.glob import compiled


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("**", "a.txt", True),
        ("**", "a/b/c.txt", True),
        ("**", ".draft", False),
        ("**", "a/.draft", False),
        ("**", ".git/a", False),
        ("*.pdf", "a.pdf", True),
        ("*.pdf", "a/b.pdf", False),
        ("*.pdf", "a.pdf.part", False),
        ("**/*.pdf", "a.pdf", True),
        ("**/*.pdf", "a/b/c.pdf", True),
        ("in/*/x.csv", "in/a/x.csv", True),
        ("in/*/x.csv", "in/a/b/x.csv", False),
        ("in/**", "in/a/b", True),
        ("in/**", "out/a", False),
        ("?.txt", "a.txt", True),
        ("?.txt", "ab.txt", False),
        ("[ab].txt", "b.txt", True),
        ("[!ab].txt", "b.txt", False),
        (".hidden", ".hidden", True),
        ("a+b.txt", "a+b.txt", True),
        ("a[b.txt", "a[b.txt", True),
    ],
)
def test_a_pattern_fits_whole_names(pattern: str, name: str, fits: bool) -> None:
    assert (compiled(pattern).fullmatch(name) is not None) is fits
