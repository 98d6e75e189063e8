from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from beltline.core.clock import DAY
from beltline.objects.names import day_of, is_name, job_of, object_name

DIGEST = "0123456789abcdef" * 4
AT = 1_780_000_000_000_000


def name_of(job_id: str, *, namespace: str = "default", digest: str = DIGEST) -> str:
    return object_name("0a1b", namespace, job_id, at=AT, digest=digest)


def test_a_name_tells_owner_namespace_day_job_and_content() -> None:
    assert name_of("06f2k9") == f"0a1b/default/20260528/06f2k9/{DIGEST}"


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}", fullmatch=True))
def test_every_job_id_is_one_part_that_tells_the_id_again(job_id: str) -> None:
    name = name_of(job_id)

    assert is_name(name)
    assert name.count("/") == 4
    assert job_of(name) == job_id
    assert all(len(part) < 256 for part in name.split("/"))


@pytest.mark.parametrize(("one", "other"), [("Invoice", "invoice"), ("a/b", "a-b"), ("=a", "a")])
def test_names_differ_in_more_than_case(one: str, other: str) -> None:
    assert name_of(one).lower() != name_of(other).lower()
    assert name_of("j", namespace=one).lower() != name_of("j", namespace=other).lower()


@pytest.mark.parametrize(
    "text", ["", "/etc/passwd", "a/../../b/c/" + DIGEST, "a/b/20260101/../" + DIGEST, "a/b/c/d/short"]
)
def test_what_was_not_made_here_is_no_name(text: str) -> None:
    assert not is_name(text)


def test_days_sort_as_time_does() -> None:
    assert day_of(AT) < day_of(AT + DAY) < day_of(AT + 400 * DAY)


@pytest.mark.parametrize("name", ["stray", "a/b/c", "a/b/20260101/=%%/x"])
def test_a_stray_name_has_no_job(name: str) -> None:
    assert job_of(name) is None
