from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from beltline.core import errors
from beltline.core.errors import BeltlineError


def tree(root: type[BeltlineError] = BeltlineError) -> Iterator[type[BeltlineError]]:
    yield root
    for child in root.__subclasses__():
        yield from tree(child)


OURS = [error for error in tree() if error.__module__ == errors.__name__]


def test_every_error_has_a_code_of_its_own() -> None:
    assert Counter(error.code for error in OURS).most_common(1)[0][1] == 1


@pytest.mark.parametrize("error", OURS, ids=lambda error: error.__name__)
def test_a_code_is_a_slug(error: type[BeltlineError]) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", error.code)


def test_a_configuration_error_lists_every_problem() -> None:
    error = errors.ConfigError(["a is wrong", "b is missing"])

    assert error.problems == ("a is wrong", "b is missing")
    assert "  - a is wrong\n  - b is missing" in str(error)


def test_an_invalid_payload_lists_every_fault_with_its_path() -> None:
    error = errors.InvalidPayload("resize", [("width", "not a number"), ("", "too deep")])

    assert error.definition == "resize"
    assert "width: not a number" in str(error)
    assert "(whole payload): too deep" in str(error)


def test_a_conflict_names_what_it_is_about() -> None:
    assert errors.KeyReused("k", "job-1").job_id == "job-1"
    assert errors.IdReused("job-1").job_id == "job-1"
    assert "job job-1 is queued: replay is not possible" in str(
        errors.InvalidTransition("job-1", "queued", "replay")
    )


def test_an_unknown_definition_says_what_to_do() -> None:
    error = errors.UnknownDefinition("resize")

    assert (error.what, error.name) == ("job definition", "resize")
    assert "beltline definitions apply" in str(error)


def test_a_payload_too_large_names_size_and_limit() -> None:
    error = errors.PayloadTooLarge("the payload", 2_000_000, 1_048_576)

    assert (error.size, error.limit) == (2_000_000, 1_048_576)
    assert "2,000,000 bytes" in str(error)


def test_a_failed_job_names_how_it_ended() -> None:
    error = errors.JobFailed("job-1", "failed", "attempts_exhausted", "disk full")

    assert (error.state, error.reason) == ("failed", "attempts_exhausted")
    assert str(error) == "job job-1 ended failed (attempts_exhausted): disk full"
