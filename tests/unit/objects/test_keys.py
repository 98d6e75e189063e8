from __future__ import annotations

import base64
from pathlib import Path

import pytest

from beltline.core.errors import ConfigError
from beltline.objects.keys import read_keys

KEY = bytes(range(32))


def test_keys_come_from_variables_and_files_in_the_order_given(tmp_path: Path) -> None:
    raw, text = tmp_path / "raw", tmp_path / "text"
    raw.write_bytes(KEY)
    text.write_bytes(base64.b64encode(KEY) + b"\n")

    found = read_keys([f"a=file:{raw}", "b=env:B", f"c=file:{text}"], {"B": KEY.hex()})

    assert list(found.items()) == [("a", KEY), ("b", KEY), ("c", KEY)]


def test_every_key_that_cannot_be_had_is_named_and_none_is_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        read_keys(["a=env:A", "b=file:/nowhere/b", "c=env:C"], {"C": "too-short-a-secret"})

    problems = caught.value.problems
    assert [problem.split(":")[1].strip() for problem in problems] == ["key 'a'", "key 'b'", "key 'c'"]
    assert "too-short-a-secret" not in str(caught.value)
