"""What jobs ask of their worker, on the command line: given, shown, and said where no worker has it."""

from __future__ import annotations

from typing import Any, Final

import pytest

from beltline.core.needs import amounts_of
from beltline.core.offers import Offer
from beltline.store.contract import Store
from beltline.store.params import NewSession
from tests.cli.shop import NAMESPACE, Shop, Terminal

OFFER: Final = Offer(amounts_of({"cpu": 4, "memory": "8Gi"}), frozenset(["eu"]))


def worker(shop: Shop, offer: Offer | None, *, version: str = "other") -> None:
    """Open the session of a live worker that offers this."""

    async def work(store: Store) -> None:
        session = NewSession(
            namespace=NAMESPACE,
            id=f"session-{version}",
            name="ann",
            host="here",
            pid=1,
            lease_us=60_000_000,
            queues=None,
            concurrency=1,
            now=store.now(),
            definitions=("resize",),
            versions=(version,),
            offer=None if offer is None else offer.text(),
        )
        await store.sessions.open(session)

    shop.on_store(work)


def submit(cli: Terminal, *words: str) -> dict[str, Any]:
    job: dict[str, Any] = cli("submit", "resize", *words, "--json").json
    return job


def test_what_a_job_asks_is_given_and_shown(any_cli: Terminal) -> None:
    job = submit(any_cli, "--resources", "cpu=1.5,memory=512Mi,gpu=0", "--tags", "ssd, eu", "--pinned")

    assert (job["resources"], job["tags"], job["pinned"]) == (
        {"cpu": 1.5, "memory": 536_870_912},
        ["eu", "ssd"],
        True,
    )
    assert "cpu=1.5, memory=512Mi, tag eu, tag ssd, version" in any_cli("jobs", "show", job["id"]).out


def test_a_job_asks_nothing_unless_it_says_so(cli: Terminal) -> None:
    job = submit(cli)

    assert (job["resources"], job["tags"], job["pinned"]) == ({}, [], False)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--resources", "cpu"), "each named once"),
        (("--resources", "cpu=1,cpu=2"), "each named once"),
        (("--resources", "cpu=lots,GPU=1", "--tags", "a b"), "cpu 'lots'"),
        (("--resources", "cpu=lots,GPU=1", "--tags", "a b"), "'GPU'"),
        (("--resources", "cpu=lots,GPU=1", "--tags", "a b"), "tag 'a b'"),
    ],
)
def test_malformed_needs_are_refused_and_nothing_is_stored(
    cli: Terminal, words: tuple[str, ...], told: str
) -> None:
    ran = cli("submit", "resize", *words)

    assert ran.code == 2
    assert told in ran.err
    assert cli("jobs", "ls", "--json").json["total"] == 0


def test_a_job_that_no_live_worker_could_hold_says_so(any_cli: Terminal, any_shop: Shop) -> None:
    worker(any_shop, OFFER)
    fitting = submit(any_cli, "--resources", "cpu=4", "--tags", "eu")
    large = submit(any_cli, "--resources", "cpu=64,memory=1Gi", "--tags", "eu,ssd")

    shown = any_cli("jobs", "show", large["id"], "--json").json
    text = any_cli("jobs", "show", large["id"]).out
    reasons = {item["id"]: item["reason"] for item in any_cli("jobs", "ls", "--json").json["items"]}

    asked, offered = "cpu=64, memory=1Gi, tag eu, tag ssd", "cpu=4, memory=8Gi, tag eu"
    assert shown["blocked"] == {"reason": "no_capacity", "asked": asked, "offered": offered, "worker": "ann"}
    assert (shown["state"], shown["reason"]) == ("queued", "no_capacity")
    assert f"asks for {asked}; the largest live worker, ann, offers {offered}" in text
    assert reasons == {fitting["id"]: "submitted", large["id"]: "no_capacity"}


def test_a_resource_that_nobody_ever_offered_is_taken_and_waits(cli: Terminal, shop: Shop) -> None:
    worker(shop, OFFER)
    job = submit(cli, "--resources", "qubits=1")

    assert (
        "asks for qubits=1; the largest live worker, ann, offers qubits=0"
        in cli("jobs", "show", job["id"]).out
    )


def test_a_job_that_asks_while_no_worker_lives_says_that(cli: Terminal) -> None:
    job = submit(cli, "--resources", "cpu=1")

    assert "no live worker takes from its queue" in cli("jobs", "show", job["id"]).out


def test_a_pinned_job_whose_version_no_worker_has_says_so(cli: Terminal, shop: Shop) -> None:
    worker(shop, OFFER, version="v2")
    job = submit(cli, "--pinned")

    shown = cli("jobs", "show", job["id"], "--json").json

    assert shown["reason"] == "no_version"
    assert f"pinned to version {job['version']} of resize, live workers have v2" in shown["outlook"]


def test_a_pinned_job_whose_version_a_worker_has_just_waits_its_turn(cli: Terminal, shop: Shop) -> None:
    job = submit(cli, "--pinned")
    worker(shop, OFFER, version=job["version"])

    shown = cli("jobs", "show", job["id"], "--json").json

    assert (shown["reason"], shown["blocked"]) == ("submitted", None)


def test_the_versions_that_live_workers_have_are_listed(cli: Terminal, shop: Shop) -> None:
    worker(shop, OFFER, version="v1")
    worker(shop, OFFER, version="v2")

    [resize] = [item for item in cli("definitions", "ls", "--json").json["items"] if item["id"] == "resize"]

    assert resize["live_versions"] == {"v1": 1, "v2": 1}
    assert "v1 (1), v2 (1)" in cli("definitions", "ls").out


def test_the_doctor_names_what_no_worker_can_hold(any_cli: Terminal, any_shop: Shop) -> None:
    worker(any_shop, None)
    submit(any_cli, "--resources", "cpu=2")
    pinned = submit(any_cli, "--pinned")

    found = [item for item in any_cli("doctor", "--json").json["items"] if item["id"] == "capacity"]

    messages = " / ".join(item["message"] for item in found)
    assert {item["state"] for item in found} == {"error"}, found
    assert "ask for cpu=2; the largest live worker offers cpu=0" in messages
    assert f"jobs of resize are pinned to {pinned['version']}; live workers have other" in messages


def test_the_doctor_says_that_all_could_be_held(cli: Terminal, shop: Shop) -> None:
    worker(shop, OFFER)
    submit(cli, "--resources", "cpu=2")

    [found] = [item for item in cli("doctor", "--json").json["items"] if item["id"] == "capacity"]

    assert found["state"] == "ok"


def test_a_worker_that_offers_nonsense_does_not_start(cli: Terminal) -> None:
    ran = cli("work", "tests.cli.photo_app:belt", "--resources", "cpu=lots", "--tags", "a b")

    assert ran.code != 0
    assert "--resources" in ran.err
    assert "--tags" in ran.err
