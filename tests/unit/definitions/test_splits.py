"""The shipped batch types cover what they are given, once, whatever its size."""

from __future__ import annotations

import csv
import io
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from beltline.core.errors import InvalidInput
from beltline.definitions import splits
from beltline.definitions.batch import Item, Part, Split

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)


def items(split: Callable[[Any], Iterable[Part]], definition: object) -> list[dict[str, Any]]:
    """Split to the end, as jobs would."""
    found: list[dict[str, Any]] = []
    left = [definition]
    while left:
        for part in split(left.pop(0)):
            if isinstance(part, Split):
                left.append(part.definition)
            else:
                assert isinstance(part, Item)
                found.append(dict(part.payload))
    return found


@given(st.lists(st.integers(), max_size=60), st.integers(1, 10))
def test_halves_give_each_value_once(values: list[int], size: int) -> None:
    found = items(splits.halves("number", size=size), values)

    assert Counter(each["number"] for each in found) == Counter(values)


@given(st.integers(-100, 100), st.integers(-1, 300), st.integers(1, 40))
def test_key_ranges_give_each_key_once(low: int, count: int, size: int) -> None:
    found = items(splits.key_ranges(size=size), {"low": low, "high": low + count})

    keys = [key for each in found for key in range(each["low"], each["high"] + 1)]
    assert sorted(keys) == list(range(low, low + count + 1))
    assert all(each["high"] - each["low"] < size for each in found)


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 200), st.integers(1, 30))
def test_dates_give_each_day_once(first: date, count: int, days: int) -> None:
    last = first + timedelta(days=count)

    found = items(splits.dates(days=days), {"first": first.isoformat(), "last": last.isoformat()})

    seen: list[date] = []
    for each in found:
        begin, end = date.fromisoformat(each["first"]), date.fromisoformat(each["last"])
        assert (end - begin).days < days
        seen += [begin + timedelta(days=number) for number in range((end - begin).days + 1)]
    assert sorted(seen) == [first + timedelta(days=number) for number in range(count + 1)]


@given(st.lists(st.tuples(TEXT, TEXT), max_size=30), st.integers(1, 7))
def test_csv_ranges_are_whole_rows(rows: list[tuple[str, str]], size: int) -> None:
    text = io.StringIO()
    plain = [tuple(value.replace("\0", "").replace("\r", "") for value in row) for row in rows]
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("one", "two"), *plain])
    data = text.getvalue().encode("utf-8", "surrogatepass")
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()

        found = items(splits.csv_rows(rows=size), file.name)

    read: list[tuple[str, ...]] = []
    for each in found:
        part = data[each["offset"] : each["offset"] + each["length"]].decode("utf-8", "surrogatepass")
        cut = [tuple(row) for row in csv.reader(io.StringIO(part, newline=""))]
        assert (len(cut), each["first"]) == (each["rows"], len(read))
        read += cut
    assert read == plain


def test_files_are_found_folder_by_folder(tmp_path: Path) -> None:
    for name in ("a.txt", "b.pdf", "deep/c.txt", "deep/er/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "deep" / "loop").symlink_to(tmp_path, target_is_directory=True)

    found = items(splits.files(), {"folder": str(tmp_path), "pattern": "*.txt"})

    names = sorted(str(Path(each["path"]).relative_to(tmp_path)) for each in found)
    assert names == ["a.txt", "deep/c.txt", "deep/er/d.txt"]


@given(st.text(st.characters(codec="utf-8")), st.integers(1, 64))
def test_a_key_is_in_one_partition_for_ever(key: str, of: int) -> None:
    assert 0 <= splits.partition_of(key, of) < of
    assert splits.partition_of("a", 64) == 47
    assert [each["partition"] for each in items(splits.partitions(), of)] == list(range(of))


@pytest.mark.parametrize("make", [splits.halves, splits.key_ranges])
def test_a_size_that_is_never_reached_is_refused(make: Callable[..., object]) -> None:
    with pytest.raises(InvalidInput, match="give at least 1"):
        make(size=0)
