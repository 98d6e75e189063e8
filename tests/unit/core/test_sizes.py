from __future__ import annotations

import pytest

from beltline.core.errors import InvalidInput
from beltline.core.sizes import LEAST_MEMORY, MOST_MEMORY, memory_bytes, shown_bytes, shown_memory


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("256Mi", 268_435_456),
        ("2Gi", 2_147_483_648),
        ("1Ti", 1_099_511_627_776),
        ("20000Ki", 20_480_000),
        ("50000000", 50_000_000),
        (50_000_000, 50_000_000),
        (LEAST_MEMORY, LEAST_MEMORY),
        (MOST_MEMORY, MOST_MEMORY),
    ],
)
def test_a_size_is_read_as_it_is_meant(written: str | int, size: int) -> None:
    assert memory_bytes(written) == size


@pytest.mark.parametrize(
    "written",
    [
        *(
            "256M",
            "256MB",
            "256 Mi",
            "256mi",
            "0.5Gi",
            "-1Gi",
            "1e9",
            "",
            "Mi",
            "0",
            "1Mi",
            "99Ti",
            "2\u0665Mi",
        ),
        *(0, True, 2.5, None, LEAST_MEMORY - 1, MOST_MEMORY + 1),
    ],
)
def test_anything_else_is_refused_with_what_to_write(written: object) -> None:
    with pytest.raises(InvalidInput, match=r"is not a size of memory; write a text such as '256Mi'"):
        memory_bytes(written)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["256Mi", "1Gi", "16Ti", "20001Ki", "50000001"])
def test_a_size_is_shown_as_it_may_be_written(text: str) -> None:
    assert shown_memory(memory_bytes(text)) == text


def test_a_size_is_told_in_mebibytes() -> None:
    assert shown_bytes(2_147_483_648) == "2,048 MiB"
