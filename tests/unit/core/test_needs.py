"""What a job asks of its worker, as people write it and as it is kept."""

from __future__ import annotations

import pytest

from beltline.core.needs import Needs, amounts_of, read_needs, resource_faults, shown_amounts, tag_faults


def test_amounts_are_read_in_every_form() -> None:
    found = amounts_of({"cpu": 1.5, "memory": "512Mi", "gpu": "2", "licence": 1, "disk": "0.001"})

    assert found == {"cpu": 1_500, "memory": 536_870_912, "gpu": 2_000, "licence": 1_000, "disk": 1}


def test_memory_may_be_a_number_of_bytes() -> None:
    assert (
        amounts_of({"memory": 2**30}) == amounts_of({"memory": str(2**30)}) == amounts_of({"memory": "1Gi"})
    )


@pytest.mark.parametrize("nothing", [0, 0.0, "0"])
def test_asking_for_none_is_asking_for_nothing(nothing: float | str) -> None:
    assert amounts_of({"gpu": nothing, "memory": nothing}) == {}


def test_equal_needs_have_one_text() -> None:
    one = Needs(amounts_of({"gpu": 1, "cpu": 2}), frozenset(["ssd", "eu"]), "mail", "v1")
    other = Needs(amounts_of({"cpu": "2.0", "gpu": "1"}), frozenset(["eu", "ssd"]), "mail", "v1")

    assert one.text() == other.text()


def test_needs_are_read_back() -> None:
    needs = Needs(amounts_of({"cpu": 0.25, "memory": "3Gi"}), frozenset(["eu"]), "mail", "v1")

    assert read_needs(needs.text()) == needs
    assert (Needs().text(), read_needs("")) == ("", Needs())


def test_the_largest_needs_fit_into_a_key() -> None:
    kinds = {f"k{number}" + "x" * 61: 999_999.999 for number in range(8)}
    tags = frozenset(f"t{number}" + "x" * 61 for number in range(8))

    assert len(Needs(amounts_of(kinds), tags, "d" * 128, "v" * 128).text()) < 2_000


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ("cpu=1", "give a mapping"),
        ({"CPU": 1}, "small letters"),
        ({"": 1}, "small letters"),
        ({1: 1}, "small letters"),
        ({"cpu": -1}, "from 0 to"),
        ({"cpu": True}, "from 0 to"),
        ({"cpu": None}, "from 0 to"),
        ({"cpu": "many"}, "from 0 to"),
        ({"cpu": float("nan")}, "from 0 to"),
        ({"cpu": 1_000_001}, "from 0 to"),
        ({"cpu": 0.0001}, "3 digits"),
        ({"memory": "512MB"}, "'256Mi'"),
        ({"memory": 1}, "'256Mi'"),
        ({"memory": 0.5}, "'256Mi'"),
        ({f"k{number}": 1 for number in range(9)}, "at most 8"),
    ],
)
def test_malformed_resources_are_refused(resources: object, words: str) -> None:
    (fault,) = resource_faults(resources)

    assert words in fault


def test_every_fault_is_told_at_once() -> None:
    assert len(list(resource_faults({"cpu": -1, "Gpu": 1, "memory": "lots", "disk": 1}))) == 3
    assert len(list(tag_faults(["eu", "", "a b", 7]))) == 3


@pytest.mark.parametrize("tags", ["eu", {"eu": 1}, 7, ["x" * 64], [f"t{number}" for number in range(9)]])
def test_malformed_tags_are_refused(tags: object) -> None:
    assert len(list(tag_faults(tags))) == 1


def test_amounts_are_shown_as_they_are_written() -> None:
    assert (
        shown_amounts(amounts_of({"memory": "512Mi", "cpu": 1.5, "gpu": 1})) == "cpu=1.5, gpu=1, memory=512Mi"
    )
