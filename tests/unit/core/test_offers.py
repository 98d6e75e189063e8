"""What a worker can hold, and what it takes next."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Final

import pytest

from beltline.core.needs import Needs, amounts_of, read_needs
from beltline.core.offers import PATIENCE_US, Front, Offer, chosen, free_of, read_offer

NOW: Final = 1_000_000_000
OFFER: Final = Offer(amounts_of({"cpu": 4, "memory": "4Gi"}), frozenset(["eu", "ssd"]), {"mail": "v1"})


def cpu(amount: float) -> str:
    return Needs(amounts_of({"cpu": amount})).text()


def front(name: str, needs: str = "", *, age_us: int = 0) -> Front:
    """Return a job that was queued so long ago; with equal ages they come by name."""
    return Front(NOW - age_us, name, needs, NOW - age_us)


def take(fronts: list[Front], free: Mapping[str, int] | None, *, slots: int = 10) -> list[str]:
    known = {each.needs: read_needs(each.needs) for each in fronts}
    return chosen(fronts, known, free, slots=slots, now=NOW)


@pytest.mark.parametrize(
    ("needs", "is_held"),
    [
        (Needs(), True),
        (Needs(amounts_of({"cpu": 4, "memory": "4Gi"})), True),
        (Needs(amounts_of({"cpu": 4.001})), False),
        (Needs(amounts_of({"gpu": 1})), False),
        (Needs(tags=frozenset(["eu"])), True),
        (Needs(tags=frozenset(["eu", "us"])), False),
        (Needs(definition="mail", version="v1"), True),
        (Needs(definition="mail", version="v2"), False),
        (Needs(definition="other", version="v1"), False),
    ],
)
def test_a_worker_holds_what_it_has_all_of(needs: Needs, is_held: bool) -> None:
    assert OFFER.holds(needs) is is_held


def test_a_worker_of_everything_holds_all_but_foreign_versions() -> None:
    offer = Offer(versions={"mail": "v1"}, everything=True)

    assert offer.holds(Needs(amounts_of({"qubits": 9}), frozenset(["mars"]), "mail", "v1"))
    assert not offer.holds(Needs(definition="mail", version="v2"))


@pytest.mark.parametrize(
    "offer", [OFFER, Offer(), Offer(everything=True)], ids=["some", "nothing", "everything"]
)
def test_an_offer_is_read_back(offer: Offer) -> None:
    assert read_offer(offer.text(), offer.versions) == offer


def test_a_session_that_tells_nothing_offers_nothing() -> None:
    assert read_offer(None, {}) == Offer()


def test_what_runs_is_not_free() -> None:
    held = [Needs(amounts_of({"cpu": 1.5})), Needs(amounts_of({"cpu": 1, "memory": "1Gi"}))]

    assert free_of(OFFER, held) == amounts_of({"cpu": 1.5, "memory": "3Gi"})


def test_several_jobs_of_one_claim_fit_together() -> None:
    fronts = [front(name, cpu(2)) for name in "abc"]

    assert take(fronts, {"cpu": 4_000}) == ["a", "b"]


def test_a_smaller_job_passes_one_that_does_not_fit_yet() -> None:
    fronts = [front("a", cpu(4), age_us=PATIENCE_US - 1), front("b", cpu(1))]

    assert take(fronts, {"cpu": 2_000}) == ["b"]


def test_room_is_kept_for_a_job_that_has_waited_long() -> None:
    fronts = [front("a", cpu(4), age_us=PATIENCE_US), front("b", cpu(1)), front("c", cpu(0.5))]

    assert take(fronts, {"cpu": 3_000}) == []


def test_what_it_does_not_need_is_not_kept_for_it() -> None:
    disk = Needs(amounts_of({"disk": 1})).text()
    both = Needs(amounts_of({"cpu": 4, "disk": 1})).text()
    fronts = [front("a", both, age_us=PATIENCE_US), front("b", disk), front("c", disk), front("d", cpu(1))]

    assert take(fronts, {"cpu": 3_000, "disk": 2_000}) == ["b"]


def test_room_is_kept_for_the_first_of_them_only() -> None:
    gpu = Needs(amounts_of({"gpu": 1, "cpu": 1})).text()
    fronts = [front(name, gpu, age_us=PATIENCE_US) for name in "abcd"] + [front("e", cpu(2))]

    assert take(fronts, {"cpu": 3_000, "gpu": 0}) == ["e"]


def test_jobs_without_needs_keep_the_slots_of_their_turn() -> None:
    fronts = [front("a", age_us=9), front("b", cpu(1), age_us=8), front("c", age_us=7), front("d", cpu(1))]

    assert take(fronts, {"cpu": 4_000}, slots=3) == ["b"]
    assert take(fronts, {"cpu": 4_000}, slots=1) == []
    assert take(fronts, {"cpu": 4_000}) == ["b", "d"]


def test_where_everything_is_free_only_slots_count() -> None:
    assert take([front(name, cpu(100)) for name in "abc"], None, slots=2) == ["a", "b"]


@pytest.mark.parametrize("seed", range(5))
def test_a_large_job_begins_however_many_small_ones_come(seed: int) -> None:
    """A worker with 4 processors, always more small work than it can do; each run ends after at most 9 s."""
    chance = random.Random(seed)
    second = 1_000_000
    running: dict[str, tuple[int, int]] = {}
    waiting = [Front(NOW, "large", cpu(4), NOW)]
    known = {text: read_needs(text) for text in (cpu(4), cpu(1), cpu(2))}

    tick, ids = 0, list[str]()
    for tick in range(60):
        now = NOW + tick * second
        running = {name: run for name, run in running.items() if run[1] > now}
        waiting += [Front(now, f"s{tick}-{n}", cpu(chance.choice([1, 2])), now) for n in range(4)]
        free = {"cpu": 4_000 - sum(size for size, _ in running.values())}
        ids = chosen(waiting, known, free, slots=100, now=now)
        if "large" in ids:
            break
        for each in [each for each in waiting if each.id in ids]:
            running[each.id] = (known[each.needs].amounts["cpu"], now + chance.randint(1, 9) * second)
            waiting.remove(each)

    assert "large" in ids
    assert tick <= PATIENCE_US // second + 9
